// SPDX-License-Identifier: Apache-2.0
/// Holds a bundle to its manifest, and its report to its captures.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>

#include "app/bundle.hh"
#include "app/judge.hh"
#include "attach/interrupt.hh"
#include "attach/json_line.hh"
#include "attach/text_file.hh"
#include "cases/requirements.hh"
#include "iut/iut_file.hh"
#include "replay/capture_file.hh"
#include "report/digest.hh"

namespace conform {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr std::size_t kFilesMax = 100'000;
constexpr std::size_t kManifestMax = std::size_t{32} << 20;
constexpr std::size_t kFaultsShown = 100;

struct Entry {
    std::size_t size = 0;
    std::string sha256;
};

class Verifier {
  public:
    explicit Verifier(const std::string& folder) : folder_(folder) { found_.bundle = folder; }

    Verification verify(const std::string& iut_path) {
        if (read_manifest() && found_.faults.empty()) {
            check_presence();
            check_hashes();
        }
        if (found_.faults.empty()) judge_all(iut_path);
        return std::move(found_);
    }

  private:
    void complain(const std::string& file, const std::string& text) {
        if (found_.faults.size() < kFaultsShown) found_.faults.push_back({file, text});
    }

    /// The bytes of a file of the folder: no link, nothing else.
    std::optional<Bytes> read(const std::string& name) {
        const fs::path path = folder_ / name;
        std::error_code error;
        const fs::file_status status = fs::symlink_status(path, error);
        if (!fs::exists(status)) {
            complain(name, "is missing");
        } else if (!fs::is_regular_file(status)) {
            complain(name, "is no regular file");
        } else {
            try {
                return read_capture_bytes(path.string());
            } catch (const CaptureFileError& problem) {
                complain(name, problem.what());
            }
        }
        return std::nullopt;
    }

    bool read_manifest() {
        const std::optional<Bytes> manifest = read(kManifestName);
        const std::optional<Bytes> hash = read(kManifestHashName);
        if (!manifest || !hash) return false;
        if (manifest->size() > kManifestMax) {
            complain(kManifestName, fmt::format("has more than {} bytes", kManifestMax));
            return false;
        }
        found_.manifest_sha256 = sha256(*manifest);
        if (*hash != to_bytes(fmt::format("{}  {}\n", found_.manifest_sha256, kManifestName))) {
            complain(kManifestHashName, "is not the hash of " + std::string(kManifestName));
            return false;
        }
        const std::string text(manifest->begin(), manifest->end());
        const Json json = parse_json_line(text);
        if (!json.is_object() || json.value("schema", Json()) != Json(1) ||
            !json.value("files", Json()).is_array()) {
            complain(kManifestName, "is no manifest of schema 1");
            return false;
        }
        if (json["files"].size() > kFilesMax) {
            complain(kManifestName, fmt::format("names more than {} files", kFilesMax));
            return false;
        }
        for (const Json& each : json["files"])
            read_entry(each);
        if (json.value("requirements_sha256", Json()) !=
            Json(sha256(std::string_view(kRequirementsToml)))) {
            found_.remarks.emplace_back("the run was held to other requirements than this suite's");
        }
        return true;
    }

    void read_entry(const Json& json) {
        const bool is_whole = json.is_object() && json.value("path", Json()).is_string() &&
                              json.value("size", Json()).is_number_unsigned() &&
                              json.value("sha256", Json()).is_string();
        if (!is_whole) return complain(kManifestName, "an entry without path, size and sha256");
        const std::string path = json["path"].get<std::string>();
        const bool is_name = !path.empty() && path != "." && path != ".." &&
                             path.find('/') == std::string::npos &&
                             path.find('\0') == std::string::npos;
        if (!is_name) return complain(kManifestName, "no name of a file in the bundle: " + path);
        const Entry entry{json["size"].get<std::size_t>(), json["sha256"].get<std::string>()};
        if (!entries_.emplace(path, entry).second)
            complain(kManifestName, "names a file twice: " + path);
    }

    void check_presence() {
        for (const char* name : {kStatementName, kReportName}) {
            if (!entries_.contains(name)) complain(kManifestName, fmt::format("names no {}", name));
        }
        for (const fs::directory_entry& each : fs::directory_iterator(folder_)) {
            const std::string name = each.path().filename().string();
            const bool is_own = name == kManifestName || name == kManifestHashName;
            if (!is_own && !entries_.contains(name)) complain(name, "is not in the manifest");
        }
    }

    void check_hashes() {
        for (const auto& [name, entry] : entries_) {
            throw_if_interrupted();
            const std::optional<Bytes> bytes = read(name);
            if (!bytes) continue;
            ++found_.files;
            if (bytes->size() != entry.size) {
                complain(name, fmt::format("has {} bytes, {} in the manifest", bytes->size(),
                                           entry.size));
            } else if (sha256(*bytes) != entry.sha256) {
                complain(name, "has changed: another hash than in the manifest");
            }
        }
    }

    /// What the report says of each capture, by the name of its file.
    std::map<std::string, std::string> reported_verdicts() {
        std::map<std::string, std::string> verdicts;
        const std::optional<Bytes> bytes = read(kReportName);
        const Json json =
            bytes ? parse_json_line(std::string(bytes->begin(), bytes->end())) : Json();
        const Json cases = json.is_object() ? json.value("cases", Json()) : Json();
        for (const Json& each : cases.is_array() ? cases : Json::array()) {
            const Json path = each.is_object() ? each.value("pcapng", Json()) : Json();
            const Json verdict = each.is_object() ? each.value("verdict", Json()) : Json();
            if (!path.is_string() || !verdict.is_string()) continue;
            const std::string name = fs::path(path.get<std::string>()).filename().string();
            verdicts[name] = verdict.get<std::string>();
        }
        return verdicts;
    }

    void judge_all(const std::string& iut_path) {
        const std::string own = (folder_ / kStatementName).string();
        if (!iut_path.empty() &&
            sha256(read_text_file(iut_path)) != entries_[kStatementName].sha256)
            return complain(iut_path, "is not the statement of the bundle");
        std::optional<Iut> iut;
        try {
            iut = load_iut_file(iut_path.empty() ? own : iut_path);
        } catch (const IutFileError& error) {
            return complain(kStatementName, fmt::format("{}; --iut FILE names the one that the run "
                                                        "had, with the files beside it",
                                                        error.what()));
        }
        std::map<std::string, std::string> verdicts = reported_verdicts();
        for (const auto& [name, ignored] : entries_) {
            if (!name.ends_with(".pcapng")) continue;
            throw_if_interrupted();
            judge_one(name, *iut, verdicts);
        }
        for (const auto& [name, verdict] : verdicts)
            complain(name, fmt::format("is not there, and the report says {} of it", verdict));
    }

    void judge_one(const std::string& name, const Iut& iut,
                   std::map<std::string, std::string>& verdicts) {
        std::string recorded;
        const Judgement judgement = judge_capture((folder_ / name).string(), iut, recorded);
        ++found_.judged;
        const auto reported = verdicts.find(name);
        if (!judgement.trouble.empty()) {
            complain(name, judgement.trouble);
        } else if (!judgement.difference.empty()) {
            complain(name, judgement.difference);
        } else if (reported == verdicts.end()) {
            complain(name, "is a capture that the report says nothing of");
        } else if (reported->second != to_string(judgement.result.verdict)) {
            complain(name, fmt::format("the report says {}, judged again {}", reported->second,
                                       to_string(judgement.result.verdict)));
        }
        verdicts.erase(name);
    }

    fs::path folder_;
    std::map<std::string, Entry> entries_;
    Verification found_;
};

}  // namespace

Verification verify_bundle(const std::string& folder, const std::string& iut_path) {
    if (!fs::is_directory(folder)) throw UsageError(folder + ": is no directory");
    return Verifier(folder).verify(iut_path);
}

}  // namespace conform
