/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Scripted faults: what a device is to do wrong, and when
 *
 * A script is a set of rows, made once. Whoever is about to do something asks
 * here whether it is to fail. What was asked before is all that is remembered,
 * so the same script and the same guest give the same run; chance comes from a
 * seed in the script.
 */
#ifndef CXL_CORE_FAULTS_H
#define CXL_CORE_FAULTS_H

#include <stdbool.h>
#include <stdint.h>

#include "hw/cxl/spec/retcodes.h"

/** CXL_FAULTS_MAX: rows of each kind that a script may have */
#define CXL_FAULTS_MAX          32

/**
 * struct CxlFaultCommand - a command is answered with an error
 * @opcode: which
 * @nth: the first time that it is, from 1 on, counted since power on
 * @times: how often; 0: from then on for good
 * @ret: the answer; the command is not run
 */
typedef struct CxlFaultCommand {
    uint16_t opcode;
    uint32_t nth;
    uint32_t times;
    CxlRet ret;
} CxlFaultCommand;

/**
 * struct CxlFaultBackground - an operation in the background goes its own way
 * @opcode: which
 * @sticks: it does not end, except by an abort or a reset
 * @percent: with @sticks: how far it gets, 0 to 99
 * @duration_ns: how long it takes, of virtual time; 0: as long as it would
 */
typedef struct CxlFaultBackground {
    uint16_t opcode;
    bool sticks;
    uint8_t percent;
    uint64_t duration_ns;
} CxlFaultBackground;

/**
 * struct CxlFaultLink - the link to the device is down for a while
 * @at_ns: from when on, virtual time since the device came
 * @for_ns: for how long; 0: for good
 */
typedef struct CxlFaultLink {
    uint64_t at_ns;
    uint64_t for_ns;
} CxlFaultLink;

/**
 * struct CxlFaultChance - commands are answered with errors by chance
 * @one_in: one command in so many; 0: none
 * @seed: makes the same run again
 * @nrets: answers in @ret, at least one if @one_in is not 0
 * @ret: an answer is one of them
 */
typedef struct CxlFaultChance {
    uint32_t one_in;
    uint64_t seed;
    unsigned nrets;
    CxlRet ret[CXL_FAULTS_MAX];
} CxlFaultChance;

/**
 * struct CxlFaultsConfig - a script; all zero: nothing fails
 * @commands: the first row that fits counts
 * @ncommands: how many
 * @backgrounds: likewise
 * @nbackgrounds: how many
 * @links: in any order; they may overlap
 * @nlinks: how many
 * @media: DPAs of lines that are bad from the beginning, which nobody knows
 *         before they are read
 * @nmedia: how many
 * @chance: asked when no row of @commands says that a command fails
 */
typedef struct CxlFaultsConfig {
    CxlFaultCommand commands[CXL_FAULTS_MAX];
    unsigned ncommands;
    CxlFaultBackground backgrounds[CXL_FAULTS_MAX];
    unsigned nbackgrounds;
    CxlFaultLink links[CXL_FAULTS_MAX];
    unsigned nlinks;
    uint64_t media[CXL_FAULTS_MAX];
    unsigned nmedia;
    CxlFaultChance chance;
} CxlFaultsConfig;

/**
 * struct CxlFaultsState - what has been asked
 * @seen: how often the command of each row has come, saturating
 * @random: state of the generator
 */
typedef struct CxlFaultsState {
    uint32_t seen[CXL_FAULTS_MAX];
    uint64_t random;
} CxlFaultsState;

/**
 * struct CxlFaults - a script being played
 */
typedef struct CxlFaults {
    CxlFaultsConfig config;
    CxlFaultsState state;
} CxlFaults;

/**
 * cxl_faults_init: a script from its beginning
 * @config: copied
 */
void cxl_faults_init(CxlFaults *f, const CxlFaultsConfig *config);

/**
 * cxl_faults_command: a command is about to run
 *
 * Returns: CXL_RET_SUCCESS: let it; else what it is to be answered. Every call
 * counts.
 */
CxlRet cxl_faults_command(CxlFaults *f, uint16_t opcode);

/**
 * cxl_faults_background: what is to become of an operation in the background
 *
 * Returns: the row, or NULL: nothing besides what would happen anyway.
 */
const CxlFaultBackground *cxl_faults_background(const CxlFaults *f,
                                                uint16_t opcode);

/**
 * cxl_faults_link_down: is the link to be down?
 * @elapsed_ns: virtual time since the device came
 * @next_ns: gets the time at which to ask again, or UINT64_MAX: never
 */
bool cxl_faults_link_down(const CxlFaults *f, uint64_t elapsed_ns,
                          uint64_t *next_ns);

#endif /* CXL_CORE_FAULTS_H */
