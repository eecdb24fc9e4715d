// SPDX-License-Identifier: Apache-2.0
/// What a run leaves in its folder, held together by a manifest of hashes.
#pragma once

#include <string>
#include <vector>

#include "app/options.hh"
#include "report/result.hh"

namespace conform {

constexpr const char* kManifestName = "manifest.json";
/// Holds the manifest's own hash, as sha256sum writes it.
constexpr const char* kManifestHashName = "manifest.sha256";
constexpr const char* kStatementName = "iut.toml";
constexpr const char* kReportName = "report.json";
constexpr const char* kExpectationsName = "known-failing.toml";

/// Puts statement, report and expectations beside the captures in `options.out_path`, then the
/// manifest of all that is there. Nothing without such a folder. Throws AttachmentError.
void write_bundle(const Options& options, const RunResult& run);

/// One file that is not what the manifest says, or one verdict that is not the report's.
struct BundleFault {
    std::string file;
    std::string text;
};

struct Verification {
    std::string bundle;
    std::string manifest_sha256;
    std::size_t files = 0;
    std::size_t judged = 0;
    std::vector<std::string> remarks;
    std::vector<BundleFault> faults;
};

/// Checks every file, and if all are what they were judges every capture again. `iut_path`: the
/// statement's own place, where it needs files beside it; empty: the bundle's copy. Throws
/// UsageError where there is no folder.
Verification verify_bundle(const std::string& folder, const std::string& iut_path);

std::string describe(const Verification& verification);
std::string to_json(const Verification& verification);

}  // namespace conform
