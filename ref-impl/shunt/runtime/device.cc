// SPDX-License-Identifier: Apache-2.0
#include "shunt/runtime/device.hh"

#include <utility>

#include "shunt/base/assert.hh"
#include "shunt/runtime/packet_socket.hh"
#include "shunt/runtime/qemu_device.hh"
#include "shunt/runtime/tap_device.hh"

namespace shunt::runtime {
namespace {

template <typename Port>
Result<std::unique_ptr<Device>, SetupError> as_device(
    Result<std::unique_ptr<Port>, SetupError> opened) {
    if (!opened) return Failure{opened.error()};
    return std::unique_ptr<Device>(std::move(*opened));
}

}  // namespace

Result<std::unique_ptr<Device>, SetupError> open_device(const DeviceAddress& address,
                                                        PacketPool& pool, Counters& counters) {
    SHUNT_ASSERT(address.kind != DeviceAddress::Kind::Unix, "unix: carries more than frames");
    if (address.kind == DeviceAddress::Kind::Packet)
        return as_device(PacketSocket::open(address.name, pool, counters));
    if (address.kind == DeviceAddress::Kind::Qemu)
        return as_device(QemuDevice::open(address.name, pool, counters));
    return as_device(TapDevice::open(address, pool, counters));
}

}  // namespace shunt::runtime
