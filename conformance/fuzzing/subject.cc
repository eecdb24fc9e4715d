// SPDX-License-Identifier: Apache-2.0
#include "fuzzing/subject.hh"

#include "cases/endpoint/moved_queues.hh"
#include "pdu/build.hh"

namespace conform::fuzzing {
namespace {

using endpoint::InUse;

constexpr std::uint16_t kFull = 2;  // a reason of 0x10

}  // namespace

Task<> drain(Peer& peer) {
    std::optional<ReceivedEncapsulation> left = co_await peer.receive(Duration::zero());
    while (left)
        left = co_await peer.receive(Duration::zero());
}

Bytes payload_of(EncapsulationType type, const MigrationId& id, std::uint32_t copy,
                 bool has_extensions) {
    switch (type) {
        case EncapsulationType::Acknowledgement:
            return has_extensions ? encode(IdentifiedCopy{id, copy}) : Bytes{};
        case EncapsulationType::Release:
        case EncapsulationType::Go:
            return encode(IdentifiedCopy{id, copy});
        case EncapsulationType::Reject:
            return encode(Rejection{id, kFull});
        case EncapsulationType::Data:
            return encode(EndpointData{id, endpoint_queue::kSend, 0, Bytes(32, 'x')});
        case EncapsulationType::Missing:
            return encode(MissingRanges{id, {{endpoint_queue::kSend, 0, 100}}});
        case EncapsulationType::Challenge: {
            Bytes challenge{0, 17, 1};
            challenge.resize(2 + 17, 0x5A);
            return challenge;
        }
        case EncapsulationType::Connection:
        case EncapsulationType::Forwarded:
            break;
    }
    return {};
}

namespace {

/// The device is its target.
class MovedSubject : public Subject {
  public:
    MovedSubject(Stage& stage, SubjectState state)
        : stage_(stage), state_(state), in_use_(stage), copy_(stage.random().next_u32()) {
        if (state != SubjectState::Incomplete) return;
        in_use_.put_unread(http_request(stage.iut().requests.local));
    }

    Peer& peer() override { return in_use_.peer(); }
    Task<> expect_client_silence(const char* requirement, const char* when,
                                 Duration length) override {
        return client().expect_silence(requirement, when, length);
    }

    Task<> prepare() override {
        endpoint::MovedIn& connection = in_use_.connection;
        if (state_ == SubjectState::Released) co_await connection.move();
        if (state_ == SubjectState::Incomplete) connection.offer();
        if (state_ == SubjectState::Offered) {
            connection.offer();
            co_await connection.expect_acknowledgement("EP-7");
        }
        if (state_ == SubjectState::Released || state_ == SubjectState::Offered)
            copy_ = connection.copy();
    }

    Situation situation() override {
        return {state_, client().self(), client().service(), in_use_.connection.id(), copy_};
    }

    Bytes make(EncapsulationType type) override {
        endpoint::MovedIn& connection = in_use_.connection;
        if (type == EncapsulationType::Connection) return connection.connection_frame();
        if (type == EncapsulationType::Forwarded)
            return connection.forwarded_frame(connection.next_request());
        if (type == EncapsulationType::Data && state_ == SubjectState::Incomplete) {
            const EndpointData piece{connection.id(), endpoint_queue::kReceive, 0,
                                     in_use_.pieces.begin()->second.begin()->second};
            return peer().make(type, encode(piece));
        }
        return peer().make(type, payload_of(type, connection.id(), copy_, stage_.has_extensions()));
    }

    std::optional<EncapsulationType> repeated() const override {
        return state_ == SubjectState::Offered ? std::optional(EncapsulationType::Acknowledgement)
                                               : std::nullopt;
    }
    Duration patience() const override { return kPatience; }

    Task<> go_on() override {
        endpoint::MovedIn& connection = in_use_.connection;
        co_await drain(peer());
        switch (state_) {
            case SubjectState::Absent:
                co_await connection.move();
                break;
            case SubjectState::Incomplete:
                co_await complete();
                break;
            case SubjectState::Offered:
                connection.release();
                co_await connection.exchange();
                break;
            default:
                co_await connection.exchange();
                break;
        }
    }

    void provoke(const ReceivedEncapsulation& told) override {
        if (!told.header().is(EncapsulationType::Acknowledgement)) return;
        const auto copy = parse_identified_copy(told.header().payload);
        if (copy) peer().send(EncapsulationType::Go, encode(*copy));
    }
    void provoke() override { in_use_.connection.forward(in_use_.connection.next_request()); }

  private:
    Client& client() { return in_use_.client(); }

    Task<> complete() {
        endpoint::send_queues(peer(), in_use_.image());
        co_await in_use_.connection.expect_acknowledgement("EP-41");
        in_use_.connection.release();
        const auto forward = [this](const TcpSegment& segment) {
            peer().send_frame(in_use_.connection.forwarded_frame(segment));
        };
        co_await endpoint::take_response(stage_, client(), "EP-42", {}, forward);
    }

    Stage& stage_;
    SubjectState state_;
    InUse in_use_;
    std::uint32_t copy_;
};

/// The device is its home.
class DepartingSubject : public Subject {
  public:
    DepartingSubject(Stage& stage, SubjectState state)
        : stage_(stage),
          state_(state),
          client_(stage.open_client()),
          peer_(stage.open_peer(client_)) {}

    Peer& peer() override { return peer_; }
    Task<> expect_client_silence(const char* requirement, const char* when,
                                 Duration length) override {
        return client_.expect_silence(requirement, when, length);
    }

    Task<> prepare() override {
        if (state_ == SubjectState::Away) {
            endpoint::Departed departed = co_await endpoint::move_away(stage_, client_, peer_);
            offer_ = std::move(departed.offer);
            copy_ = departed.copy;
        } else {
            offer_ = co_await endpoint::provoke_migration(stage_, client_, peer_);
            copy_ = stage_.random().next_u32();
        }
    }

    Situation situation() override {
        return {state_, client_.self(), client_.service(), offer_.id(), copy_};
    }

    Bytes make(EncapsulationType type) override {
        if (type == EncapsulationType::Connection) {
            ConnectionInformation back = offer_.information;
            ++back.block.epoch;
            return peer_.make(type, encode(back));
        }
        if (type == EncapsulationType::Forwarded)
            return peer_.make(type, encode_tcp_packet(client_.make(tcp_flag::kAck)));
        return peer_.make(type, payload_of(type, offer_.id(), copy_, stage_.has_extensions()));
    }

    std::optional<EncapsulationType> repeated() const override {
        return state_ == SubjectState::Leaving ? std::optional(EncapsulationType::Connection)
                                               : std::nullopt;
    }
    Duration patience() const override {
        return state_ == SubjectState::Leaving ? kPatienceOfLeaving : kPatience;
    }

    Task<> go_on() override {
        co_await drain(peer_);
        if (state_ == SubjectState::Away)
            co_return co_await endpoint::expect_still_forwarded(stage_, client_, peer_, "EP-20");
        co_await endpoint::acknowledge(stage_, peer_, offer_, copy_);
        co_await peer_.expect("EP-9", endpoint::about(EncapsulationType::Forwarded, client_),
                              stage_.iut().timers.answer, EncapsulationType::Connection);
    }

    void provoke(const ReceivedEncapsulation&) override {}
    void provoke() override { client_.send(tcp_flag::kAck); }

  private:
    Stage& stage_;
    SubjectState state_;
    Client& client_;
    Peer& peer_;
    endpoint::Offer offer_;
    std::uint32_t copy_ = 0;
};

}  // namespace

std::unique_ptr<Subject> make_subject(Stage& stage, SubjectState state) {
    if (is_flow(state)) return make_flow_subject(stage, state);
    if (is_given_back(state)) return make_given_back_subject(stage, state);
    if (is_home(state)) return std::make_unique<DepartingSubject>(stage, state);
    return std::make_unique<MovedSubject>(stage, state);
}

}  // namespace conform::fuzzing
