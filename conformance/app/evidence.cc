// SPDX-License-Identifier: Apache-2.0
#include "app/evidence.hh"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <fstream>

#include "report/pcapng.hh"

namespace conform {
namespace {

/// As a shell reads it.
std::string quote(const std::string& word) {
    const bool is_plain = !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
               std::string_view("_-./:=,+@").find(c) != std::string_view::npos;
    });
    if (is_plain) return word;
    std::string quoted = "'";
    for (const char c : word)
        quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return quoted + "'";
}

}  // namespace

Evidence::Evidence(const Options& options, const Iut& iut) : options_(options), iut_(iut) {
    if (options.time == TimeKind::Wall) {
        epoch_offset_ = std::chrono::system_clock::now().time_since_epoch();
    }
}

void Evidence::write(CaseResult& result, const Capture& original) const {
    if (options_.out_path.empty() || original.empty()) return;
    Capture capture = original;
    for (const Finding& finding : result.findings) {
        if (finding.frame) capture[*finding.frame].comments.push_back(finding.message());
    }
    std::string name = result.id;
    std::replace(name.begin(), name.end(), '/', '.');
    if (result.round > 1) name += fmt::format(".{}", result.round);
    result.pcapng = fmt::format("{}/{}.pcapng", options_.out_path, name);
    const std::string description =
        fmt::format("{} {} against {}, seed {}. Again: {}", result.id, to_string(result.verdict),
                    iut_.statement.name, *options_.seed + (result.round - 1), result.rerun);
    const Bytes file = encode_pcapng(capture, description, epoch_offset_);
    std::ofstream out(result.pcapng, std::ios::binary);
    out.write(reinterpret_cast<const char*>(file.data()),
              static_cast<std::streamsize>(file.size()));
    if (!out.flush()) throw AttachmentError(result.pcapng + ": cannot be written");
}

std::string Evidence::rerun_line(std::string_view id, std::uint64_t seed) const {
    std::string line = fmt::format("shunt-conform run {} --iut {} --seed {} --time {}", id,
                                   quote(options_.iut_path), seed,
                                   options_.time == TimeKind::Virtual ? "virtual" : "wall");
    if (options_.is_strict) line += " --strict";
    if (!options_.device_command.empty()) line += " --";
    for (const std::string& word : options_.device_command)
        line += " " + quote(word);
    return line;
}

}  // namespace conform
