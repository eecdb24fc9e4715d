// SPDX-License-Identifier: Apache-2.0
/// A connection that has moved to the device and goes back to its home (EP-45, EP-46), as a
/// subject.
#include "cases/endpoint/moved_in.hh"
#include "cases/endpoint/steps.hh"
#include "fuzzing/subject.hh"
#include "pdu/build.hh"

namespace conform::fuzzing {
namespace {

class GivenBackSubject : public Subject {
  public:
    GivenBackSubject(Stage& stage, SubjectState state)
        : stage_(stage), state_(state), connection_(stage), copy_(stage.random().next_u32()) {}

    Peer& peer() override { return connection_.peer(); }
    Task<> expect_client_silence(const char* requirement, const char* when,
                                 Duration length) override {
        return connection_.client().expect_silence(requirement, when, length);
    }

    Task<> prepare() override {
        co_await connection_.move();
        co_await stage_.upper_tester().migrate("EP-46", connection_.client(), peer().self().name);
        const EncapsulationPattern pattern =
            endpoint::about(EncapsulationType::Connection, connection_.client());
        offer_ = endpoint::take_offer(
            co_await peer().expect("EP-45", pattern, stage_.iut().timers.answer));
        if (state_ == SubjectState::Returned) co_await accept();
    }

    Situation situation() override {
        return {state_,
                connection_.client().self(),
                connection_.client().service(),
                offer_.id(),
                copy_,
                connection_.id()};
    }

    Bytes make(EncapsulationType type) override {
        if (type == EncapsulationType::Connection) {
            ConnectionInformation again = offer_.information;
            ++again.block.epoch;
            return peer().make(type, encode(again));
        }
        if (type == EncapsulationType::Forwarded)
            return connection_.forwarded_frame(connection_.next_request());
        // EP-45: these have the epoch that it was released under.
        if (type == EncapsulationType::Go || type == EncapsulationType::Release)
            return peer().make(type, payload_of(type, connection_.id(), connection_.copy(), true));
        return peer().make(type, payload_of(type, offer_.id(), copy_, true));
    }

    std::optional<EncapsulationType> repeated() const override {
        return state_ == SubjectState::Returning ? std::optional(EncapsulationType::Connection)
                                                 : std::nullopt;
    }
    Duration patience() const override {
        return state_ == SubjectState::Returning ? kPatienceOfLeaving : kPatience;
    }

    Task<> go_on() override {
        co_await drain(peer());
        if (state_ == SubjectState::Returning) co_return co_await accept();
        co_await expect_sent_back();
    }

    void provoke(const ReceivedEncapsulation&) override {}
    void provoke() override { connection_.forward(connection_.next_request()); }

  private:
    Task<> accept() {
        peer().send(EncapsulationType::Acknowledgement, encode(IdentifiedCopy{offer_.id(), copy_}));
        co_await expect_sent_back();
    }

    /// What comes for it goes to its home, as it came.
    Task<> expect_sent_back() {
        const TcpSegment segment = connection_.next_request();
        connection_.forward(segment);
        const ReceivedEncapsulation back = co_await peer().expect(
            "EP-46", endpoint::about(EncapsulationType::Forwarded, connection_.client()),
            stage_.iut().timers.answer, EncapsulationType::Connection);
        stage_.check_that(back.header().payload == encode_tcp_packet(segment), "EP-46",
                          "the client's packet as it came", describe(back.content), back.frame);
    }

    Stage& stage_;
    SubjectState state_;
    endpoint::MovedIn connection_;
    endpoint::Offer offer_;
    std::uint32_t copy_;
};

}  // namespace

std::unique_ptr<Subject> make_given_back_subject(Stage& stage, SubjectState state) {
    return std::make_unique<GivenBackSubject>(stage, state);
}

}  // namespace conform::fuzzing
