// SPDX-License-Identifier: Apache-2.0
/// conform-read FILE [--base]: the encapsulated frames of a capture and those of control channels
/// as the judge reads them, one JSON object a line.
#include <iostream>
#include <string>
#include <string_view>
#include <utility>

#include "replay/capture_reader.hh"
#include "report/control_fields.hh"
#include "report/frame_fields.hh"

namespace conform {
namespace {

constexpr int kExitUsage = 2;
constexpr int kExitHarness = 3;

int read(CaptureReader capture, bool has_extensions) {
    ControlFields control;
    for (std::size_t number = 1;; ++number) {
        const auto bytes = capture.next();
        if (!bytes) return 0;
        const auto line = control.read(number, *bytes);
        std::cout << (line ? *line : frame_fields(number, *bytes, has_extensions)) << "\n";
    }
}

}  // namespace
}  // namespace conform

int main(int argument_count, char** arguments) {
    const bool is_base = argument_count == 3 && std::string_view(arguments[2]) == "--base";
    if (argument_count != 2 && !is_base) {
        std::cerr << "usage: conform-read FILE [--base]\n";
        return conform::kExitUsage;
    }
    // What cannot be opened as a capture is usage; what is damaged further on is found while
    // reading.
    int exit_code = conform::kExitUsage;
    try {
        conform::CaptureReader capture(arguments[1]);
        exit_code = conform::kExitHarness;
        return conform::read(std::move(capture), !is_base);
    } catch (const conform::CaptureFileError& error) {
        std::cerr << "conform-read: " << error.what() << "\n";
        return exit_code;
    }
}
