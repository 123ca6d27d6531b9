# SPDX-License-Identifier: GPL-2.0-or-later
#
# The devices of the QEMU that scripts/check sanitize builds: what CXL needs,
# and what its tests use

CONFIG_Q35=y
CONFIG_PXB=y
CONFIG_CXL=y
CONFIG_PCIE_PORT=y
CONFIG_VIRTIO_PCI=y
CONFIG_VIRTIO_NET=y
CONFIG_VIRTIO_BLK=y
CONFIG_USB_XHCI_PCI=y
CONFIG_ISA_DEBUG=y
CONFIG_EDU=y
