/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CXL Early Discovery Table (CXL 3.1 9.18.1)
 */
#ifndef CXL_SPEC_CEDT_H
#define CXL_SPEC_CEDT_H

/* 9.18.1.3: window restrictions of a CXL Fixed Memory Window Structure */
#define CXL_CFMWS_DEVICE_COHERENT       (1u << 0)
#define CXL_CFMWS_HOST_ONLY             (1u << 1)
#define CXL_CFMWS_VOLATILE              (1u << 2)
#define CXL_CFMWS_PERSISTENT            (1u << 3)
#define CXL_CFMWS_FIXED                 (1u << 4)
#define CXL_CFMWS_BI                    (1u << 5)

#endif /* CXL_SPEC_CEDT_H */
