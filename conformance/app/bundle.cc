// SPDX-License-Identifier: Apache-2.0
#include "app/bundle.hh"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include <nlohmann/json.hpp>

#include "app/report_file.hh"
#include "attach/text_file.hh"
#include "cases/requirements.hh"
#include "replay/capture_file.hh"
#include "report/digest.hh"
#include "report/json.hh"
#include "report/text.hh"

namespace conform {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr int kSchema = 1;
constexpr int kIndent = 2;

Json manifest_of(const fs::path& folder, const RunResult& run, bool is_strict) {
    std::vector<fs::path> paths;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder))
        paths.push_back(entry.path());
    std::sort(paths.begin(), paths.end());
    Json json;
    json["schema"] = kSchema;
    json["suite"] = run.suite;
    json["requirements_sha256"] = sha256(std::string_view(kRequirementsToml));
    json["verdict"] = to_string(verdict_of(run, is_strict));
    json["files"] = Json::array();
    for (const fs::path& path : paths) {
        const Bytes bytes = read_capture_bytes(path.string());
        json["files"].push_back({{"path", path.filename().string()},
                                 {"size", bytes.size()},
                                 {"sha256", sha256(bytes)}});
    }
    return json;
}

}  // namespace

void write_bundle(const Options& options, const RunResult& run) {
    if (options.out_path.empty()) return;
    const fs::path folder(options.out_path);
    write_file((folder / kStatementName).string(), read_text_file(options.iut_path));
    if (!options.run.known_failing_path.empty())
        write_file((folder / kExpectationsName).string(),
                   read_text_file(options.run.known_failing_path));
    write_file((folder / kReportName).string(), to_json(run, options.is_strict));
    const std::string manifest = manifest_of(folder, run, options.is_strict).dump(kIndent) + "\n";
    write_file((folder / kManifestName).string(), manifest);
    write_file((folder / kManifestHashName).string(),
               fmt::format("{}  {}\n", sha256(std::string_view(manifest)), kManifestName));
}

std::string describe(const Verification& verification) {
    std::string text;
    for (const std::string& each : verification.remarks)
        text += printable(each) + "\n";
    for (const BundleFault& fault : verification.faults)
        text += printable(fault.file) + ": " + printable(fault.text) + "\n";
    const std::string sum =
        fmt::format("{} files, {} captures judged again", verification.files, verification.judged);
    if (verification.faults.empty()) {
        return text +
               fmt::format("VERIFIED: {}, manifest {:.16}\n", sum, verification.manifest_sha256);
    }
    return text + fmt::format("NOT VERIFIED: {}, {} wrong\n", sum, verification.faults.size());
}

std::string to_json(const Verification& verification) {
    Json json;
    json["schema"] = kSchema;
    json["bundle"] = verification.bundle;
    json["manifest_sha256"] = verification.manifest_sha256;
    json["verified"] = verification.faults.empty();
    json["files"] = verification.files;
    json["judged"] = verification.judged;
    json["remarks"] = verification.remarks;
    json["faults"] = Json::array();
    for (const BundleFault& fault : verification.faults)
        json["faults"].push_back({{"file", fault.file}, {"text", fault.text}});
    return json.dump(kIndent, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace conform
