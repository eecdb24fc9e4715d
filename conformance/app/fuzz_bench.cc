// SPDX-License-Identifier: Apache-2.0
#include "app/fuzz_bench.hh"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <regex>

#include "app/case_run.hh"
#include "app/company.hh"
#include "attach/attachment.hh"
#include "fuzzing/channel_play.hh"
#include "fuzzing/play.hh"
#include "iut/link_of.hh"
#include "report/signature.hh"

namespace conform {
namespace {

constexpr std::uint16_t kPortFirst = 20'000;
constexpr std::size_t kBatchMost = 64;
/// A case brings its own connection, and what its frames make; twins and others have room beside.
constexpr std::size_t kEntriesPerCase = 4;
constexpr std::size_t kConversations = 8;
constexpr std::size_t kShownOfReason = 160;
constexpr std::chrono::milliseconds kEndPatience{500};
constexpr std::chrono::milliseconds kLatePatience{100};

std::uint16_t port_of(std::size_t slot) {
    return static_cast<std::uint16_t>(kPortFirst + slot * Stage::kPortsPerCase);
}

/// FNV-1a: what came of one case.
std::uint64_t digest_of(const CaseResult& result, const Conversation& conversation) {
    std::uint64_t digest = 0xCBF29CE484222325U;
    const auto add = [&digest](std::uint64_t value) { digest = (digest ^ value) * 0x100000001B3U; };
    for (const char c : result.id)
        add(static_cast<std::uint8_t>(c));
    add(static_cast<std::uint64_t>(result.verdict));
    for (const CapturedFrame& each : conversation.frames) {
        if (each.direction != Direction::FromDevice) continue;
        add(each.bytes.size());
        if (each.frame.encapsulation) add(each.frame.encapsulation->type);
    }
    return digest;
}

/// Everything that a batch's cases refer to, while they run.
struct Entry {
    std::uint64_t index = 0;
    fuzzing::FuzzCase fuzz;
    std::string id;
    CaseInfo info;
};

bool is_common(const CaseResult& result) {
    return result.findings.empty() && result.verdict == Verdict::Fail;
}

/// What else a process prints differs from one end to the next, its clock at least.
std::string first_complaint(std::string_view output) {
    static const std::regex kComplaint("assert|panic|fatal|summary:|runtime error|terminate called",
                                       std::regex::icase);
    static const std::regex kDigits("[0-9]+");
    while (!output.empty()) {
        const std::string line(output.substr(0, output.find('\n')));
        output.remove_prefix(std::min(line.size() + 1, output.size()));
        if (!std::regex_search(line, kComplaint)) continue;
        return std::regex_replace(normalized(line).substr(0, kShownOfReason), kDigits, "N");
    }
    return {};
}

}  // namespace

std::size_t fuzz_batch_size(const Iut& iut) {
    std::size_t size = kBatchMost;
    if (iut.forward_connect_bound > 0)
        size = std::min(size, iut.forward_connect_bound / kEntriesPerCase);
    if (iut.conversations_bound > 0) size = std::min(size, iut.conversations_bound);
    return std::max<std::size_t>(1, size);
}

std::string reason_signature(const std::string& reason) {
    const std::size_t end =
        std::min(reason.find(" ended with exit code "), reason.find(" ended by signal "));
    const std::size_t output = end == std::string::npos ? end : reason.find(": ", end);
    if (output == std::string::npos) return normalized(reason.substr(0, kShownOfReason));
    const std::string complaint = first_complaint(std::string_view(reason).substr(output + 2));
    return normalized(reason.substr(0, output)) + (complaint.empty() ? "" : ": " + complaint);
}

std::string fuzz_signature(const CaseResult& result) {
    const std::vector<std::string> all = signatures(result, false);
    const std::string first = all.empty() ? std::string(to_string(result.verdict)) : all.front();
    return result.verdict == Verdict::Crash ? first + ": " + reason_signature(result.reason)
                                            : first;
}

CaseInfo case_of(const fuzzing::FuzzCase& fuzz, std::string_view id, bool is_long) {
    const Duration length = is_long ? fuzzing::kLongCaseLength : fuzzing::kCaseLength;
    CaseInfo info;
    info.id = id;
    info.profile = "endpoint";
    info.role = fuzzing::is_home(fuzz.state) ? "home" : "target";
    info.run = [&fuzz, length](Stage& stage) { return fuzzing::play_alone(stage, fuzz, length); };
    return info;
}

FuzzBench::FuzzBench(const Options& options, Iut iut, std::string log_path)
    : options_(options),
      iut_(std::move(iut)),
      log_path_(std::move(log_path)),
      point_(iut_.front, iut_.back, *options_.time, iut_.control_address(),
             [this](ByteView frame) { return link_of(iut_, frame); }) {}

CaseResult FuzzBench::with_device(const std::function<void(Attachment&)>& action) {
    dead_before_.clear();
    if (device_ && !device_->is_running()) {
        dead_before_ = "the device " + device_->describe_end();
        device_.reset();
    }
    CaseResult end;
    blame_what_ends(end, [&] {
        if (!device_ && !options_.device_command.empty()) {
            device_ = std::make_unique<DeviceProcess>(options_.device_command, point_.socket_path(),
                                                      log_path_, iut_.timers.start);
        }
        const std::unique_ptr<Attachment> attachment = point_.open(*options_.seed, kConversations);
        action(*attachment);
    });
    if (end.verdict == Verdict::Error) throw AttachmentError(end.reason);
    if (!device_) return end;
    const bool is_gone = end.verdict == Verdict::Crash;
    const bool has_ended = is_gone       ? device_->ends_within(kEndPatience)
                           : is_patient_ ? device_->ends_within(kLatePatience)
                                         : !device_->is_running();
    if (has_ended) overrule(end, Verdict::Crash, "the device " + device_->describe_end());
    if (has_ended || end.verdict >= Verdict::Hang) device_.reset();
    return end;
}

std::string FuzzBench::late_end() {
    if (!device_ || !device_->ends_within(kLatePatience)) return {};
    std::string end = "the device " + device_->describe_end();
    device_.reset();
    return end;
}

FuzzScreening FuzzBench::screen_channel(const FuzzBatch& batch) {
    std::vector<fuzzing::FuzzCase> drawn;
    drawn.reserve(batch.indices.size());
    for (const std::uint64_t index : batch.indices)
        drawn.push_back(fuzzing::draw_case(*options_.seed, index, fuzzing::fuzz_farm(iut_)));
    CaseInfo info = case_of(drawn.front(), "fuzz/channel", false);
    info.run = [&drawn](Stage& stage) {
        std::vector<const fuzzing::FuzzCase*> cases;
        cases.reserve(drawn.size());
        for (const fuzzing::FuzzCase& each : drawn)
            cases.push_back(&each);
        return fuzzing::play_channel(stage, std::move(cases));
    };
    FuzzScreening screening;
    const CaseResult end = with_device([&](Attachment& device) {
        Conversation conversation;
        const std::uint64_t seed = *options_.seed + batch.indices.front();
        const CaseResult result =
            run_case(info, device, iut_, seed, {.port = kPortFirst}, conversation);
        screening.fingerprint = digest_of(result, conversation);
        if (result.verdict == Verdict::Crash) throw DeviceGone(result.reason);
        if (result.verdict == Verdict::Hang) throw DeviceHangs(result.reason);
        if (result.verdict > Verdict::NonStrict) screening.common = result.reason;
    });
    screening.dead_before = dead_before_;
    if (end.verdict != Verdict::Pass)
        screening.common = fmt::format("{}: {}", to_string(end.verdict), end.reason);
    return screening;
}

FuzzScreening FuzzBench::screen(const FuzzBatch& batch) {
    const auto is_of_channel = [this](std::uint64_t index) {
        return fuzzing::is_of_channel(index, fuzzing::fuzz_farm(iut_));
    };
    const auto of_channel = std::ranges::count_if(batch.indices, is_of_channel);
    if (of_channel > 0 && of_channel < std::ssize(batch.indices))
        throw UsageError("--only: expected cases of the control channel by themselves");
    if (of_channel > 0) return screen_channel(batch);
    const std::size_t size = fuzz_batch_size(iut_);
    const Duration length = batch.is_long ? fuzzing::kLongCaseLength : fuzzing::kCaseLength;
    std::deque<Entry> entries;
    std::deque<std::uint16_t> ports{port_of(size + 1), port_of(size)};
    std::deque<PlannedCase> waiting;
    CaseInfo twins;
    twins.id = "fuzz/twins";
    twins.run = [length](Stage& stage) { return fuzzing::play_twins(stage, length); };
    waiting.push_back({&twins, SIZE_MAX, 1, *options_.seed});
    for (const std::uint64_t index : batch.indices) {
        Entry& entry = entries.emplace_back();
        entry.index = index;
        entry.fuzz = fuzzing::draw_case(*options_.seed, index, fuzzing::fuzz_farm(iut_));
        entry.id = fmt::format("fuzz/{}", index);
        entry.info = case_of(entry.fuzz, entry.id, batch.is_long);
        entry.info.run = [&entry, length](Stage& stage) {
            return fuzzing::play(stage, entry.fuzz, length);
        };
        ports.push_back(port_of(index % size));
        waiting.push_back({&entry.info, entries.size() - 1, 1, *options_.seed});
    }
    FuzzScreening screening;
    const auto take = [&](const PlannedCase& planned, const CaseResult& result,
                          const Conversation& conversation) {
        const bool is_twins = planned.info == &twins;
        if (!is_twins) screening.fingerprint += digest_of(result, conversation);
        if (result.verdict <= Verdict::NonStrict) return;
        if (is_twins || is_common(result)) {
            screening.common = result.reason;
        } else {
            screening.failed[entries[planned.place].index] = fuzz_signature(result);
        }
    };
    const Company::Callbacks callbacks{[&ports] {
                                           const std::uint16_t port = ports.front();
                                           ports.pop_front();
                                           return port;
                                       },
                                       [](const PlannedCase&) {},
                                       take,
                                       [] { return false; },
                                       [] { return Duration::zero(); },
                                       true};
    Company::Loss loss;
    const CaseResult end = with_device([&](Attachment& device) {
        Company company(device, iut_, waiting.size(), callbacks);
        if (!company.open(*options_.seed))
            throw AttachmentError("the device's control channels do not come up");
        loss = company.run(waiting);
        if (loss.verdict == Verdict::Crash) throw DeviceGone(loss.reason);
        if (loss.verdict == Verdict::Hang) throw DeviceHangs(loss.reason);
        if (!loss.suspects.empty()) throw DeviceMisbehaves(loss.reason);
    });
    screening.dead_before = dead_before_;
    if (end.verdict != Verdict::Pass)
        screening.common = fmt::format("{}: {}", to_string(end.verdict), end.reason);
    return screening;
}

CaseResult FuzzBench::judge(const fuzzing::FuzzCase& fuzz, const std::string& id, bool is_long,
                            Conversation& conversation) {
    const CaseInfo info = case_of(fuzz, id, is_long);
    CaseResult result = describe(info);
    const CaseResult end = with_device([&](Attachment& device) {
        result = run_case(info, device, iut_, *options_.seed, {.port = kPortFirst}, conversation);
        // Its process is asked what became of it.
        if (result.verdict == Verdict::Crash) throw DeviceGone(result.reason);
        if (result.verdict == Verdict::Hang) throw DeviceHangs(result.reason);
    });
    if (end.verdict != Verdict::Pass) overrule(result, end.verdict, end.reason);
    return result;
}

}  // namespace conform
