// SPDX-License-Identifier: Apache-2.0
/// The control channel between the device and one server that the judge plays (system page,
/// "Control channel"): listens and opens, says hello, answers pings, tells its state every second.
/// A case may cut it, keep it mute, restart the server behind it, or put its own bytes into it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "engine/finding.hh"
#include "engine/random.hh"
#include "engine/task.hh"
#include "iut/iut.hh"
#include "pdu/control_frame.hh"
#include "roles/stream.hh"
#include "roles/wire.hh"

namespace conform {

struct ReceivedControlFrame {
    std::size_t frame = 0;  ///< the packet that completed it, in the capture
    Time at{};
    ControlFrame content;
};

/// What a server does by itself on its channels; a case leaves out what it wants to.
struct ChannelBehaviour {
    bool accepts = true;  ///< a SYN at port 7007; refused with a RST otherwise
    bool opens = true;    ///< where there is no connection
    bool greets = true;   ///< says hello first
    bool answers_pings = true;
    bool tells_state = true;        ///< after both hellos and every second
    bool closes_duplicates = true;  ///< CTL-1
};

class ControlChannel : public FrameListener {
  public:
    using Behaviour = ChannelBehaviour;
    using Report = std::function<void(Finding finding)>;

    /// Takes a frame of ours to the wire.
    using Carrier = std::function<void(Bytes frame)>;

    /// Between `self`, which we play, and `other`. `profiles` and `state` are what it tells of
    /// itself.
    ControlChannel(Wire& wire, const ServerAddresses& self, const ServerAddresses& other,
                   std::uint32_t profiles, ServerState state, Random& random, Report report);

    const ServerAddresses& self() const { return self_; }

    /// Goes on beside the case, for as long as it lasts.
    Task<> run();
    /// Both hellos have come, the device has acknowledged a frame of ours that is no hello (EP-33),
    /// and is heard; false if that is not so `within`.
    Task<bool> wait_until_ready(Duration within);
    bool is_ready() const;
    /// The same of a device that starts again: a channel with another boot number than `before`.
    Task<bool> wait_until_restarted(std::uint64_t before, Duration within);
    /// The hello that came last; absent while the channel is down.
    std::optional<Hello> greeting() const;

    /// Nothing is sent and nothing is heard, as if the cable were cut.
    void cut();
    void mend();
    /// A network of the case's own between us and the device; none: frames go as they are.
    void carry_by(Carrier carrier) { carrier_ = std::move(carrier); }
    /// From now on.
    void behave(const Behaviour& behaviour);
    /// The process ends and starts again: another boot number, no connection that it knows of.
    void restart();
    /// FIN for all connections; reopened as a server that lost its channel does.
    void close();
    /// Opens one more connection, whoever has opened others.
    void open_another();

    /// Into the connection that stays (CTL-1); nothing if there is none.
    void send(const ControlFrame& frame) { send_bytes(encode(frame)); }
    void send_bytes(ByteView bytes);
    /// Sent at once and every second from now on.
    void tell(ServerState state);
    const ServerState& state() const { return state_; }

    /// The next frame of this kind; throws Violation if none comes. Frames of other kinds that came
    /// before it are gone.
    Task<ReceivedControlFrame> expect(const char* requirement, std::uint8_t kind, Duration within);
    /// The next frame of any kind; absent after `within`.
    Task<std::optional<ReceivedControlFrame>> receive(Duration within);
    /// Forgets what has come so far.
    void forget_received();
    /// Connections that are open, whether or not both hellos have come.
    std::size_t connections() const;
    /// Whether the connection that stays is one that we have opened.
    bool is_opened_by_us() const;
    /// Our port of the connection that stays; 0 if there is none.
    std::uint16_t port() const;
    /// When a SYN for port 7007 came, in order.
    const std::vector<Time>& attempts() const { return attempts_; }
    /// The channel must go down; throws Violation otherwise.
    Task<> expect_loss(const char* requirement, const char* when, Duration within);

    bool hear(std::size_t number, const CapturedFrame& frame) override;

  private:
    struct Conversation {
        Stream stream;
        bool is_ours;  ///< we have opened it
        ControlFrameReader reader{};
        std::optional<Hello> hello{};
        bool has_greeted = false;
        bool has_spoken = false;  ///< a frame other than hello has left (EP-33)
        Time heard{};
    };

    void take_segment(std::size_t number);
    void take_syn(const TcpSegment& syn);
    void answer_stray(const TcpSegment& segment);
    void greet(Conversation& conversation);
    void take_bytes(Conversation& conversation, std::size_t number);
    void take_frame(Conversation& conversation, const ControlFrame& frame, std::size_t number);
    void tell_of_changes();
    void emit(const TcpSegment& segment);
    /// CTL-1: of the conversations that have both hellos one stays.
    void settle();
    const Conversation* choose() const;
    Conversation* chosen();
    void act();
    void open();
    Time next_deadline() const;
    Conversation& add(SocketAddress own, SocketAddress theirs, bool is_ours);

    Wire& wire_;
    const ServerAddresses& self_;
    const ServerAddresses& other_;
    std::uint32_t profiles_;
    ServerState state_;
    Random random_;
    Report report_;
    Carrier carrier_{};
    std::uint64_t boot_;
    std::uint16_t next_port_;
    std::vector<std::unique_ptr<Conversation>> conversations_;
    Inbox segments_;
    Inbox changes_;   ///< a number, whichever, when the channel comes up or goes down
    Inbox received_;  ///< positions in `frames_`
    std::vector<ReceivedControlFrame> frames_;
    bool is_cut_ = false;
    Behaviour behaviour_;
    std::vector<Time> attempts_;
    bool was_up_ = false;
    bool was_ready_ = false;
    Time open_at_;
    Time tell_at_ = kNever;
};

}  // namespace conform
