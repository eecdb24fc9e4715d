// SPDX-License-Identifier: Apache-2.0
#include "shunt/app/virtual_host.hh"

#include <utility>

#include "shunt/app/host_verbs.hh"

namespace shunt::app {
namespace {

constexpr wire::MacAddress kMac{{0x02, 0x07, 0, 0, 1, 1}};
constexpr wire::MacAddress kTesterMac{{0x02, 0x07, 0, 0, 1, 9}};
constexpr std::uint8_t kPrefixLength = 24;

stack::Host::Config host_config(const tcp::Config& tcp) {
    stack::Host::Config config;
    config.mac = kMac;
    config.addresses = {VirtualHost::kAddress};
    config.routes = {{VirtualHost::kAddress, kPrefixLength, std::nullopt}};
    config.static_neighbors = {{VirtualHost::kTesterAddress, kTesterMac}};
    config.limits.sockets = config.limits.connections = VirtualHost::kSocketsMax;
    config.tcp = tcp;
    return config;
}

}  // namespace

tcp::Config VirtualHost::default_config() {
    tcp::Config config;
    config.advertised_mss = 1'460;
    config.congestion_control = tcp::congestion::Algorithm::NewReno;
    return config;
}

void VirtualHost::restart(std::uint64_t seed, Instant now) {
    seed_ = seed;
    sockets_.clear();
    next_socket_ = 1;
    host_.emplace(host_config(default_config()), seed, now);
}

bool VirtualHost::configure(const tcp::Config& config, Instant now) {
    if (next_socket_ != 1) return false;
    host_.emplace(host_config(config), seed_, now);
    return true;
}

void VirtualHost::handle_frame(link::LinkId, Packet frame, Instant now) {
    host_->handle_frame(std::move(frame), now);
}

std::optional<link::OutgoingFrame> VirtualHost::poll_transmit(Instant now) {
    auto frame = host_->poll_transmit(now);
    if (!frame) return std::nullopt;
    return link::OutgoingFrame{link::LinkId::Front, std::move(*frame)};
}

std::optional<std::string> VirtualHost::answer(std::string_view line, Instant now) {
    return answer_host_request(*this, line, now);
}

VirtualHost::Socket VirtualHost::keep(stack::SocketId id) {
    sockets_.emplace(next_socket_, id);
    return next_socket_++;
}

std::optional<stack::SocketId> VirtualHost::find(Socket socket) const {
    const auto found = sockets_.find(socket);
    if (found == sockets_.end()) return std::nullopt;
    return found->second;
}

}  // namespace shunt::app
