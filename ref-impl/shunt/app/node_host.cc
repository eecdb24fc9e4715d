// SPDX-License-Identifier: Apache-2.0
#include "shunt/app/node_host.hh"

#include <fmt/format.h>

#include <algorithm>

#include "shunt/node/built_in_classes.hh"

namespace shunt::app {
namespace {

bool is_built_in(std::string_view application, wire::TransportProtocol protocol) {
    return application == (protocol == wire::TransportProtocol::Udp ? farm::kEchoApplication
                                                                    : farm::kHttpApplication);
}

}  // namespace

NodeHost::NodeHost(const farm::FarmConfig& config, const farm::Server& self,
                   node::Contents& contents)
    : config_(config),
      self_(*config_.server_by_id(self.id)),
      file_listeners_(config.listens.size()),
      contents_(contents) {
    // Connections refer to their listener: it stays where it is while others are opened.
    config_.listens.reserve(file_listeners_ + kOpenedListenersMax);
}

void NodeHost::restart(std::uint64_t seed, Instant now) {
    node_.reset();
    device_counters_ = Counters();
    seed_ = seed;
    ++boots_;
    node_ =
        std::make_unique<node::Node>(config_, self_.id, contents_, seed, now, mtus_, clock_offset_);
    node::register_built_in_classes(node_->objects());
}

farm::Listen* NodeHost::find_listener(std::uint16_t port, wire::TransportProtocol protocol) {
    const auto found = std::ranges::find_if(config_.listens, [&](const farm::Listen& listen) {
        return listen.server == self_.name && listen.port == port && listen.protocol == protocol;
    });
    return found == config_.listens.end() ? nullptr : &*found;
}

std::optional<std::string> NodeHost::open_listener(std::uint16_t port,
                                                   wire::TransportProtocol protocol,
                                                   const std::optional<std::string>& application,
                                                   farm::SelectionMoment selection) {
    farm::Listen* known = find_listener(port, protocol);
    if (known != nullptr && known->is_open) return fmt::format("port {} is open already", port);
    if (known != nullptr && (!application || *application == known->application)) {
        known->is_open = true;
        return std::nullopt;
    }
    const bool is_udp = protocol == wire::TransportProtocol::Udp;
    const std::string wanted(application.value_or(
        std::string(is_udp ? farm::kEchoApplication : farm::kHttpApplication)));
    if (!is_built_in(wanted, protocol))
        return fmt::format("\"{}\" is not an application that can be started at run time", wanted);
    if (is_udp && selection != farm::SelectionMoment::Connect)
        return std::string("UDP selects at the first datagram: \"connect\"");
    if (known != nullptr)
        return fmt::format("port {} was of \"{}\", whose connections may go on", port,
                           known->application);
    if (config_.listens.size() == file_listeners_ + kOpenedListenersMax)
        return fmt::format("{} listeners were opened already", kOpenedListenersMax);
    farm::Listen listen;
    listen.server = self_.name;
    listen.port = port;
    listen.protocol = protocol;
    listen.application = wanted;
    listen.selection = selection;
    config_.listens.push_back(std::move(listen));
    return std::nullopt;
}

std::optional<std::string> NodeHost::close_listener(std::uint16_t port,
                                                    wire::TransportProtocol protocol) {
    farm::Listen* known = find_listener(port, protocol);
    if (known == nullptr || !known->is_open) return fmt::format("nothing listens on port {}", port);
    known->is_open = false;
    return std::nullopt;
}

void NodeHost::reopen_listeners() {
    config_.listens.erase(config_.listens.begin() + static_cast<std::ptrdiff_t>(file_listeners_),
                          config_.listens.end());
    for (farm::Listen& listen : config_.listens)
        listen.is_open = true;
}

}  // namespace shunt::app
