// SPDX-License-Identifier: Apache-2.0
/// Holds a bundle to its manifest, and its report to its captures.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <set>

#include "app/bundle.hh"
#include "app/judge.hh"
#include "app/reported_run.hh"
#include "attach/interrupt.hh"
#include "attach/json_line.hh"
#include "attach/text_file.hh"
#include "cases/requirements.hh"
#include "iut/iut_file.hh"
#include "iut/iut_reader.hh"
#include "oracle/statement.hh"
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
        const Json verdict = json.value("verdict", Json());
        if (verdict.is_string()) verdict_ = verdict.get<std::string>();
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

    static std::string text_of(const Bytes& bytes) { return {bytes.begin(), bytes.end()}; }

    /// A stranger's statement must not have files read that it names.
    std::optional<Iut> read_own_statement() {
        const std::optional<Bytes> bytes = read(kStatementName);
        if (!bytes) return std::nullopt;
        try {
            const std::string text = text_of(*bytes);
            if (!parse_toml(text, kStatementName).at_path("ixit.session.secret_file")) {
                return parse_iut(text, kStatementName);
            }
            complain(kStatementName,
                     "names the farm's secret, which no bundle has: --iut FILE is "
                     "the statement that the run had, with the files beside it");
        } catch (const IutFileError& error) {
            complain(kStatementName, error.what());
        }
        return std::nullopt;
    }

    /// The run's own one: it must be the bundle's.
    std::optional<Iut> read_given_statement(const std::string& path) {
        if (sha256(read_text_file(path)) == entries_[kStatementName].sha256) {
            return load_iut_file(path);
        }
        complain(path, "is not the statement of the bundle");
        return std::nullopt;
    }

    void judge_all(const std::string& iut_path) {
        const std::optional<Iut> iut =
            iut_path.empty() ? read_own_statement() : read_given_statement(iut_path);
        const std::optional<Bytes> bytes = iut ? read(kReportName) : std::nullopt;
        if (!bytes) return;
        try {
            hold(ReportedRun(text_of(*bytes)), *iut);
        } catch (const ReportError& error) {
            complain(kReportName, error.what());
        }
    }

    /// The report to its captures, and to itself.
    void hold(const ReportedRun& report, const Iut& iut) {
        StatementCheck statement(iut);
        std::set<std::string> used;
        for (const ReportedCase& each : report.cases()) {
            if (each.capture.empty()) continue;
            throw_if_interrupted();
            if (!entries_.contains(each.capture)) {
                complain(each.capture, fmt::format("is not there, and the report says {} of it",
                                                   to_string(each.verdict)));
            } else if (!used.insert(each.capture).second) {
                complain(each.capture, "is the capture of more than one case");
            } else {
                judge_one(report, each, iut, statement);
            }
        }
        for (const auto& [name, ignored] : entries_) {
            if (name.ends_with(".pcapng") && !used.contains(name))
                complain(name, "is a capture that the report says nothing of");
        }
        for (const std::string& each : report.contradictions(iut.statement))
            complain(kReportName, each);
        if (verdict_ != to_string(report.verdict(iut.statement)))
            complain(kManifestName,
                     fmt::format("has the verdict {}, and the cases give {}", verdict_,
                                 to_string(report.verdict(iut.statement))));
        // That something was never seen is not in captures: cases at once share control channels.
        const std::vector<std::string> untrue = statement.findings(false);
        if (!untrue.empty() && !report.has_claims())
            complain(kReportName, "does not say that " + untrue.front());
    }

    void judge_one(const ReportedRun& report, const ReportedCase& reported, const Iut& iut,
                   StatementCheck& statement) {
        const std::string& name = reported.capture;
        RecordedCase recorded;
        const Judgement judgement = judge_capture((folder_ / name).string(), iut, recorded);
        ++found_.judged;
        const CaseRecord& record = recorded.record;
        if (!judgement.trouble.empty()) return complain(name, judgement.trouble);
        if (!judgement.live) return complain(name, "has no record of a case");
        if (!judgement.difference.empty()) return complain(name, judgement.difference);
        if (record.statement_sha256 != entries_[kStatementName].sha256)
            return complain(name, "is of another statement than the bundle's");
        if (record.seed != report.seed() + (reported.round - 1))
            return complain(name, "is of another seed than the report's");
        const std::string difference = report.difference(reported, judgement.result);
        if (!difference.empty()) return complain(name, difference);
        statement.observe(recorded.conversation.frames, reported.id);
    }

    fs::path folder_;
    std::map<std::string, Entry> entries_;
    std::string verdict_;  ///< the manifest's
    Verification found_;
};

}  // namespace

Verification verify_bundle(const std::string& folder, const std::string& iut_path) {
    if (!fs::is_directory(folder)) throw UsageError(folder + ": is no directory");
    if (!iut_path.empty()) {
        try {
            static_cast<void>(read_text_file(iut_path));
        } catch (const TextFileError& error) {
            throw UsageError(error.what());
        }
    }
    return Verifier(folder).verify(iut_path);
}

}  // namespace conform
