/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Options of CXL devices that are looked at before the device is made
 */
#ifndef HW_CXL_DEVICE_OPTIONS_H
#define HW_CXL_DEVICE_OPTIONS_H

/**
 * cxl_device_options_init: answer options that older guides show, and that are
 * no more, with a sentence that names today's spelling; and bus_nr=0, which a
 * device could not tell from its default. To be called once, before the
 * devices of the command line are made.
 */
void cxl_device_options_init(void);

#endif /* HW_CXL_DEVICE_OPTIONS_H */
