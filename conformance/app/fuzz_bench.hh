// SPDX-License-Identifier: Apache-2.0
/// One device of a fuzzing run: lets batches of cases act on it, each batch on a fresh one, and
/// single cases.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "app/options.hh"
#include "attach/device_process.hh"
#include "cases/registry.hh"
#include "fuzzing/fuzz_case.hh"
#include "iut/iut.hh"
#include "pdu/capture.hh"
#include "report/result.hh"

namespace conform {

/// Cases that are beside each other.
struct FuzzBatch {
    std::vector<std::uint64_t> indices;
    bool is_long = false;
};

struct FuzzScreening {
    /// Those that have been found wrong themselves, and by what.
    std::map<std::uint64_t, std::string> failed;
    /// What was found, and is none of theirs in particular; empty: nothing.
    std::string common;
    /// How the device had ended before this batch began: the one before it is to blame. Empty: it
    /// had not.
    std::string dead_before;
    /// The sum, over all cases, of a digest of what came of each.
    std::uint64_t fingerprint = 0;
};

class FuzzBench {
  public:
    /// `options.seed` and `options.time` are set, `{n}` in command and `iut` has been replaced.
    FuzzBench(const Options& options, Iut iut, std::string log_path);

    /// All cases of a batch at once, and the twins. Throws UsageError, AttachmentError and
    /// Interrupted.
    FuzzScreening screen(const FuzzBatch& batch);
    /// One on a fresh device, with its twins in its own conversation. `id` also says what it draws.
    CaseResult judge(const fuzzing::FuzzCase& fuzz, const std::string& id, bool is_long,
                     Conversation& conversation);

    /// How the device has ended since it was talked to last, or does within a moment; empty: it
    /// lives.
    std::string late_end();
    /// From now on a moment is waited behind each conversation, for a device that ends then.
    void be_patient() { is_patient_ = true; }

  private:
    /// Cases of the control channel, one behind the other.
    FuzzScreening screen_channel(const FuzzBatch& batch);
    /// On a fresh device; how talking to it ended.
    CaseResult with_device(const std::function<void(Attachment&)>& action);

    const Options& options_;
    Iut iut_;
    std::string log_path_;
    AttachmentPoint point_;
    std::unique_ptr<DeviceProcess> device_;
    std::string dead_before_;
    bool is_patient_ = false;
};

/// How many cases a batch has: so many that the device's tables take what they bring.
std::size_t fuzz_batch_size(const Iut& iut);

/// What a failure is recognised by; of a CRASH what the process complained of, too.
std::string fuzz_signature(const CaseResult& result);
/// The same of a reason: of the device's output behind it only a line that complains.
std::string reason_signature(const std::string& reason);

/// What the runner of `run` calls a case, made of `fuzz`, which outlives it.
CaseInfo case_of(const fuzzing::FuzzCase& fuzz, std::string_view id, bool is_long);

}  // namespace conform
