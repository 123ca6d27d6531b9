/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Serial numbers of devices that were given none (PCIe 7.9.3)
 */
#ifndef HW_CXL_CORE_SERIAL_H
#define HW_CXL_CORE_SERIAL_H

#include <stdint.h>

/** CXL_NO_SERIAL: stands for a serial number that nobody gave */
#define CXL_NO_SERIAL UINT64_MAX

/**
 * cxl_serial_derive: a serial number that is the same at every start
 * @id: what the user calls the device, or NULL
 * @place: where it is, for a device without @id: any text that no other device
 *         of the machine has
 *
 * Returns: the 64-bit FNV-1a hash of "id:" and @id or of "place:" and @place;
 * never 0, which Linux takes for no serial number, nor CXL_NO_SERIAL.
 */
uint64_t cxl_serial_derive(const char *id, const char *place);

#endif /* HW_CXL_CORE_SERIAL_H */
