// SPDX-License-Identifier: Apache-2.0
// shunt-pcap: what a capture's frames hold, by the reference implementation's codecs.
#include <fmt/format.h>

#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>

#include "shunt/app/capture_file.hh"
#include "shunt/app/control_fields.hh"
#include "shunt/app/frame_fields.hh"
#include "shunt/app/version.hh"
#include "shunt/wire/describe.hh"

namespace shunt::app {
namespace {

// docs/interfaces.md, exit codes.
constexpr int kOk = 0;
constexpr int kUsage = 2;
constexpr int kTrouble = 3;

constexpr std::string_view kHelp =
    "shunt-pcap describe FILE [--json] [--base] [--figures]\n"
    "  a line for every frame of a pcap or pcapng file\n"
    "  --json     every field of the farm's frames (docs/pcaps.md), one JSON object a line\n"
    "  --base     the frames of a farm without extensions\n"
    "  --figures  without --json: encapsulated frames are those of Type 0x0007, not 0x88B5\n"
    "shunt-pcap --help | --version\n";

struct Options {
    std::string file;
    bool as_json = false;
    wire::ProtocolSet set = wire::ProtocolSet::Extended;
    std::uint16_t ethertype = wire::kEtherTypeEncapsulation;
};

int complain(int code, const std::string& text) {
    fmt::print(stderr, "shunt-pcap: {}\n", text);
    return code;
}

Result<Options, std::string> parse_describe(int count, char** arguments) {
    Options options;
    for (int index = 2; index < count; ++index) {
        const std::string_view argument = arguments[index];
        if (argument == "--json") {
            options.as_json = true;
        } else if (argument == "--base") {
            options.set = wire::ProtocolSet::Base;
        } else if (argument == "--figures") {
            options.ethertype = wire::kEtherTypeEncapsulationFigures;
        } else if (argument.starts_with("--")) {
            return Failure{fmt::format("unknown option {}", argument)};
        } else if (!options.file.empty()) {
            return Failure{fmt::format("one file at a time, not {} too", argument)};
        } else {
            options.file = argument;
        }
    }
    if (options.file.empty()) return Failure{std::string("describe needs a file")};
    return options;
}

int describe(const Options& options) {
    auto capture = CaptureFile::open(options.file);
    if (!capture) return complain(kUsage, capture.error());
    ControlFields control;
    for (std::size_t number = 1;; ++number) {
        const auto frame = capture->next();
        if (!frame) return complain(kTrouble, frame.error());
        if (!frame->has_value()) return kOk;
        const ByteView bytes = **frame;
        if (options.as_json) {
            const auto line = control.read(number, bytes);
            fmt::print("{}\n", line ? *line : frame_fields(number, bytes, options.set));
        } else {
            fmt::print("{} {}\n", number, wire::describe_frame(bytes, options.ethertype));
        }
    }
}

int run(int count, char** arguments) {
    const std::string_view verb = count > 1 ? arguments[1] : "";
    if (verb == "--help") {
        fmt::print("{}", kHelp);
        return kOk;
    }
    if (verb == "--version") {
        fmt::print("shunt-pcap {}\n", kVersion);
        return kOk;
    }
    if (verb != "describe") return complain(kUsage, "describe FILE, or --help");
    const auto options = parse_describe(count, arguments);
    return options ? describe(*options) : complain(kUsage, options.error());
}

}  // namespace
}  // namespace shunt::app

int main(int count, char** arguments) {
    return shunt::app::run(count, arguments);
}
