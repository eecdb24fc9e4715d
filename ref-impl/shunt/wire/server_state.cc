// SPDX-License-Identifier: Apache-2.0
#include "shunt/wire/server_state.hh"

namespace shunt::wire {
namespace {

constexpr std::size_t kListeningCountOffset = 26;
constexpr std::size_t kListeningOffset = kListeningCountOffset + 2;
constexpr std::size_t kListeningSize = 10;
constexpr std::size_t kCountSize = 2;
constexpr std::size_t kApplicationSize = 14;

}  // namespace

Result<ServerStateView, Counter> ServerStateView::parse(ByteView body) {
    if (body.size() < kListeningOffset) return Failure{Counter::DropControlBody};
    const ServerStateView view(body);
    const std::size_t behind = kListeningOffset + view.listening_count() * kListeningSize;
    if (body.size() < behind + kCountSize) return Failure{Counter::DropControlBody};
    if (body.size() != behind + kCountSize + view.application_count() * kApplicationSize) {
        return Failure{Counter::DropControlBody};
    }
    return view;
}

ServerLoad ServerStateView::load() const {
    return {load_u32(body_, 4), load_u16(body_, 8), load_u64(body_, 10), load_u64(body_, 18)};
}

std::size_t ServerStateView::listening_count() const {
    return load_u16(body_, kListeningCountOffset);
}

ListeningSocket ServerStateView::listening(std::size_t index) const {
    SHUNT_ASSERT(index < listening_count(), "callers count first");
    const ByteView row = body_.subspan(kListeningOffset + index * kListeningSize, kListeningSize);
    return {Ipv4Address(load_u32(row, 0)), load_u16(row, 4), load_u32(row, 6)};
}

ByteView ServerStateView::applications() const {
    return body_.subspan(kListeningOffset + listening_count() * kListeningSize);
}

std::size_t ServerStateView::application_count() const {
    return load_u16(applications(), 0);
}

ApplicationLoad ServerStateView::application(std::size_t index) const {
    SHUNT_ASSERT(index < application_count(), "callers count first");
    const ByteView row =
        applications().subspan(kCountSize + index * kApplicationSize, kApplicationSize);
    return {load_u32(row, 0), load_u64(row, 4), load_u16(row, 12)};
}

std::size_t ServerStateBody::size() const {
    return kListeningOffset + listening.size() * kListeningSize + kCountSize +
           applications.size() * kApplicationSize;
}

void ServerStateBody::write_to(MutableBytes bytes) const {
    SHUNT_ASSERT(listening.size() <= 0xFFFF && applications.size() <= 0xFFFF,
                 "callers bound the rows");
    store_u32(bytes, 0, server);
    store_u32(bytes, 4, load.connections);
    store_u16(bytes, 8, load.cpu_per_mille);
    store_u64(bytes, 10, load.unused_memory_bytes);
    store_u64(bytes, 18, load.unused_bandwidth_bps);
    store_u16(bytes, kListeningCountOffset, static_cast<std::uint16_t>(listening.size()));
    std::size_t at = kListeningOffset;
    for (const ListeningSocket& socket : listening) {
        store_u32(bytes, at, socket.address.value());
        store_u16(bytes, at + 4, socket.port);
        store_u32(bytes, at + 6, socket.process);
        at += kListeningSize;
    }
    store_u16(bytes, at, static_cast<std::uint16_t>(applications.size()));
    at += kCountSize;
    for (const ApplicationLoad& application : applications) {
        store_u32(bytes, at, application.process);
        store_u64(bytes, at + 4, application.memory_bytes);
        store_u16(bytes, at + 12, application.cpu_per_mille);
        at += kApplicationSize;
    }
}

}  // namespace shunt::wire
