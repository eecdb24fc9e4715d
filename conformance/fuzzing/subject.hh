// SPDX-License-Identifier: Apache-2.0
/// The connection that a fuzz case is about: brought into a state, described as a right peer knows
/// it, and used afterwards as if nothing had been.
#pragma once

#include <memory>

#include "fuzzing/fate.hh"
#include "roles/stage.hh"

namespace conform::fuzzing {

class Subject {
  public:
    Subject() = default;
    Subject(const Subject&) = delete;
    Subject& operator=(const Subject&) = delete;
    virtual ~Subject() = default;

    virtual Peer& peer() = 0;
    /// Nothing must come for its client; throws Violation.
    virtual Task<> expect_client_silence(const char* requirement, const char* when,
                                         Duration length) = 0;

    /// Into its state; throws Violation.
    virtual Task<> prepare() = 0;
    virtual Situation situation() = 0;
    /// A right frame of that Type about it, as its peer would write it now.
    virtual Bytes make(EncapsulationType type) = 0;
    /// What the device sends about it by itself, again and again.
    virtual std::optional<EncapsulationType> repeated() const = 0;
    /// How long an answer may be waited for without the state becoming another one.
    virtual Duration patience() const = 0;
    /// From its state to a use of it that must work; throws Violation.
    virtual Task<> go_on() = 0;
    /// What the other side would say if one of the frames was taken: frees a copy that the device
    /// has told of, and sends more of what a client would.
    virtual void provoke(const ReceivedEncapsulation& told) = 0;
    virtual void provoke() = 0;
};

/// `stage` outlives it. Of any state but Channel.
std::unique_ptr<Subject> make_subject(Stage& stage, SubjectState state);
/// The same of one sort of them.
std::unique_ptr<Subject> make_flow_subject(Stage& stage, SubjectState state);
std::unique_ptr<Subject> make_given_back_subject(Stage& stage, SubjectState state);

/// Payloads that name an attempt, as a sender writes them who knows it.
Bytes payload_of(EncapsulationType type, const MigrationId& id, std::uint32_t copy,
                 bool has_extensions);
/// Everything that is left in a peer's inbox.
Task<> drain(Peer& peer);

/// Long enough for EP-23's 50 ms; a return of nothing (EP-6) is not due for longer.
constexpr std::chrono::milliseconds kPatience{200};
/// Less than the first pause of EP-6, and of EP-46.
constexpr std::chrono::milliseconds kPatienceOfLeaving{40};

}  // namespace conform::fuzzing
