// SPDX-License-Identifier: Apache-2.0
/// shunt-kernel-host: this machine's TCP as a device behind a unix: attachment in wall time. Every
/// tester gets a network namespace that nobody has used before.
#include <fmt/format.h>
#include <poll.h>

#include <iostream>
#include <string_view>

#include "agent/kernel_network.hh"
#include "agent/kernel_sockets.hh"
#include "agent/tester_listener.hh"
#include "attach/interrupt.hh"

namespace conform {
namespace {

constexpr int kExitUsage = 2;
constexpr int kExitHarness = 3;
constexpr int kExitInterrupted = 130;
constexpr std::string_view kPrefix = "unix:";
constexpr const char* kUsage = "expected --front unix:PATH [--set NAME=VALUE]..";

struct Options {
    std::string path;
    /// Files below net.ipv4 of every namespace, and what to write into them.
    std::vector<std::pair<std::string, std::string>> settings;
};

void pass_frames(int tester, KernelNetwork& network) {
    while (auto frame = network.receive())
        send_message(tester, LinkFrame{Link::Front, std::move(*frame)});
}

/// True while the tester is there.
bool serve_one(int tester, KernelNetwork& network, KernelSockets& sockets) {
    const auto message = receive_message(tester);
    if (!message) return false;
    if (const auto* hello = std::get_if<HelloMessage>(&*message)) {
        send_message(tester, *hello);
    } else if (const auto* frame = std::get_if<LinkFrame>(&*message)) {
        network.send(frame->bytes);
        pass_frames(tester, network);
    } else if (const auto* control = std::get_if<ControlMessage>(&*message)) {
        const std::string answer = sockets.answer(control->line);
        pass_frames(tester, network);
        send_message(tester, ControlMessage{answer});
    } else {
        return false;
    }
    return true;
}

void serve(int tester, const Options& options) {
    KernelNetwork network;
    KernelSockets sockets;
    for (const auto& [name, value] : options.settings)
        KernelNetwork::set(name, value);
    pollfd waiting[] = {{tester, POLLIN, 0}, {network.descriptor(), POLLIN, 0}};
    for (;;) {
        ::poll(waiting, 2, -1);
        throw_if_interrupted();
        // What the kernel has sent of its own accord comes before what a tester makes it send.
        if ((waiting[1].revents & POLLIN) != 0) pass_frames(tester, network);
        if (waiting[0].revents != 0 && !serve_one(tester, network, sockets)) return;
    }
}

Options parse(int argument_count, char** arguments) {
    Options options;
    for (int at = 1; at + 1 < argument_count; at += 2) {
        const std::string_view name = arguments[at];
        const std::string value = arguments[at + 1];
        const std::size_t equals = value.find('=');
        if (name == "--front" && value.starts_with(kPrefix)) {
            options.path = value.substr(kPrefix.size());
        } else if (name == "--set" && equals != std::string::npos) {
            // A way out of net.ipv4 would lead to settings that are not the namespace's own.
            if (value.find("..") < equals)
                throw UsageError("--set: expected a name below net.ipv4");
            options.settings.emplace_back(value.substr(0, equals), value.substr(equals + 1));
        } else {
            throw UsageError(kUsage);
        }
    }
    if (options.path.empty() || argument_count % 2 == 0) throw UsageError(kUsage);
    return options;
}

int run(const Options& options) {
    const std::string& path = options.path;
    catch_interrupts();
    const TesterListener listener(path);
    std::cout << "{\"event\":\"ready\",\"front\":\"unix:" << path << "\"}" << std::endl;
    for (;;) {
        const Descriptor tester = listener.accept();
        serve(tester.number(), options);
    }
}

int complain(const std::exception& error, int exit_code) {
    std::cerr << "shunt-kernel-host: " << error.what() << "\n";
    return exit_code;
}

}  // namespace
}  // namespace conform

int main(int argument_count, char** arguments) {
    try {
        return conform::run(conform::parse(argument_count, arguments));
    } catch (const conform::UsageError& error) {
        return conform::complain(error, conform::kExitUsage);
    } catch (const conform::Interrupted&) {
        return conform::kExitInterrupted;
    } catch (const std::exception& error) {
        return conform::complain(error, conform::kExitHarness);
    }
}
