// SPDX-License-Identifier: Apache-2.0
#include "shunt/app/node_program.hh"

#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "shunt/app/control_session.hh"
#include "shunt/app/directory_contents.hh"
#include "shunt/app/exit_codes.hh"
#include "shunt/app/gateway.hh"
#include "shunt/app/log.hh"
#include "shunt/app/node_host.hh"
#include "shunt/app/node_links.hh"
#include "shunt/app/node_runner.hh"
#include "shunt/app/not_built_in.hh"
#include "shunt/app/ready_event.hh"
#include "shunt/app/virtual_node.hh"
#include "shunt/app/virtual_runner.hh"
#include "shunt/runtime/clock.hh"
#include "shunt/runtime/control_socket.hh"
#include "shunt/runtime/descriptor_limit.hh"
#include "shunt/runtime/edge_poller.hh"
#include "shunt/runtime/entropy.hh"
#include "shunt/runtime/event_loop.hh"
#include "shunt/runtime/farm_file.hh"
#include "shunt/runtime/heap.hh"
#include "shunt/runtime/suggestion.hh"

namespace shunt::app {
namespace {

constexpr runtime::EventLoop::Token kControlToken = 100;
constexpr runtime::EventLoop::Token kGatewayToken = 101;

int fail(std::string_view text) {
    fmt::print(stderr, "shunt-node: {}\n", text);
    return kExitSetup;
}

std::optional<farm::FarmConfig> load_config(const NodeOptions& options) {
    auto file = runtime::load_farm_file(options.config);
    if (!file) {
        for (const std::string& text : file.error())
            fail(text);
        return std::nullopt;
    }
    for (const std::string& warning : file->warnings)
        log_warning(warning);
    const std::vector<std::string> missing = not_built_in(file->config);
    for (const std::string& text : missing)
        fail(fmt::format("{}: {}", options.config, text));
    if (!missing.empty()) return std::nullopt;
    return std::move(file->config);
}

const farm::Server* find_self(const farm::FarmConfig& config, const NodeOptions& options) {
    const farm::Server* self = config.server_by_name(options.name);
    if (self != nullptr) return self;
    std::vector<std::string_view> names;
    for (const farm::Server& server : config.servers)
        names.push_back(server.name);
    const std::string_view meant = runtime::nearest(options.name, names);
    fail(fmt::format("--name {}: {} has no server of that name; {} \"{}\"", options.name,
                     options.config, meant.empty() ? "the first is" : "did you mean",
                     meant.empty() ? names.front() : meant));
    return nullptr;
}

/// The objects of the listeners of this server. One directory serves them all.
Result<std::unique_ptr<node::Contents>, runtime::SetupError> open_contents(
    const farm::FarmConfig& config, const farm::Server& self) {
    std::set<std::string> directories;
    for (const farm::Listen& listen : config.listens)
        if (listen.server == self.name && !listen.directory.empty())
            directories.insert(listen.directory);
    if (directories.empty())
        return std::unique_ptr<node::Contents>(std::make_unique<node::NoContents>());
    if (directories.size() > 1)
        return Failure{runtime::SetupError{
            fmt::format("server {}: expected one directory for all its listeners, got {} and {}",
                        self.name, *directories.begin(), *directories.rbegin())}};
    auto contents = DirectoryContents::open(*directories.begin());
    if (!contents) return Failure{contents.error()};
    return std::unique_ptr<node::Contents>(std::move(*contents));
}

void say_ready(const NodeOptions& options, const farm::Server& self) {
    const std::string event = ready_event(options, self);
    std::fwrite(event.data(), 1, event.size(), stdout);
    std::fflush(stdout);
}

int serve_wall(const NodeOptions& options, NodeHost& host, NodeLinks& links,
               runtime::EventLoop& loop, PacketPool& pool) {
    NodeRunner::Config config;
    config.links = links.links();
    config.control_token = kControlToken;
    std::optional<runtime::ControlSocket> control_socket;
    if (options.control) {
        auto opened = runtime::ControlSocket::open(*options.control);
        if (!opened) return fail(opened.error().text);
        control_socket.emplace(std::move(*opened));
        loop.watch(control_socket->descriptor(), kControlToken);
        config.control_socket = &*control_socket;
    }
    std::optional<Gateway> gateway;
    if (Gateway::is_needed(host.config(), host.self())) {
        auto poller = runtime::EdgePoller::open();
        if (!poller) return fail(poller.error().text);
        const std::size_t descriptors = runtime::raise_descriptor_limit();
        gateway.emplace(host, std::move(*poller), Gateway::links_within(descriptors));
        loop.watch(gateway->descriptor(), kGatewayToken);
        config.gateway = &*gateway;
    }
    std::optional<runtime::LoadMeter> load_meter;
    if (host.config().farm.has_extensions) {
        load_meter.emplace(options.front ? options.front->name : "", runtime::monotonic_now());
        config.load_meter = &*load_meter;
    }
    host.set_clock_offset(runtime::wall_clock_now() - runtime::monotonic_now());
    host.restart(options.seed ? *options.seed : runtime::random_seed(), runtime::monotonic_now());
    ControlSession control(host, options.time);
    NodeRunner runner(host, control, loop, pool, config);
    say_ready(options, host.self());
    const NodeRunner::End end = runner.run();
    return end == NodeRunner::End::DeviceLost ? kExitTrouble : kExitInterrupted;
}

int serve_virtual(const NodeOptions& options, NodeHost& host, NodeLinks& links,
                  runtime::EventLoop& loop, PacketPool& pool, const Disguising& disguising) {
    ControlSession control(host, options.time);
    VirtualNode node(host, control, links.only_tester());
    const auto disguised = disguising ? disguising(node, pool) : nullptr;
    VirtualRunner runner(disguised ? *disguised : node, links.only_tester(), loop, pool);
    say_ready(options, host.self());
    runner.run();
    return kExitInterrupted;
}

}  // namespace

int run_node(const NodeOptions& options, const Disguising& disguising) {
    runtime::keep_freed_memory();
    set_log_level(options.log_level);
    const std::optional<farm::FarmConfig> config = load_config(options);
    if (!config) return kExitSetup;
    const farm::Server* self = find_self(*config, options);
    if (self == nullptr) return kExitSetup;
    if (options.time == TimeMode::Virtual && Gateway::is_needed(*config, *self))
        return fail(
            fmt::format("server {}: expected --time wall: the backend of a gateway keeps "
                        "no virtual time",
                        self->name));
    auto contents = open_contents(*config, *self);
    if (!contents) return fail(contents.error().text);
    auto loop = runtime::EventLoop::open();
    if (!loop) return fail(loop.error().text);

    PacketPool pool;  // outlives devices and node, whose packets go back to it
    NodeHost host(*config, *self, **contents);
    NodeLinks links(options, config->farm.ethertype, *loop, pool, host.device_counters());
    const std::string trouble = links.open();
    if (!trouble.empty()) return fail(trouble);
    host.set_mtus(links.mtus());
    const int code = options.time == TimeMode::Wall
                         ? serve_wall(options, host, links, *loop, pool)
                         : serve_virtual(options, host, links, *loop, pool, disguising);
    if (!links.capture_trouble().empty())
        log_error(fmt::format("{}: {}", *options.capture, links.capture_trouble()));
    return code;
}

}  // namespace shunt::app
