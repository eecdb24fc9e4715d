// SPDX-License-Identifier: Apache-2.0
// One TCP connection as a state machine without I/O (RFC 9293): segments, calls and the time come
// in; packets, events and the next deadline are fetched. Section 3.10.7.4 is segment_arrives*.cc,
// 3.10.1 to 3.10.6 user_calls.cc, 3.10.8 timeouts.cc; what is sent when is output.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "shunt/base/byte_source.hh"
#include "shunt/base/counters.hh"
#include "shunt/base/packet.hh"
#include "shunt/base/result.hh"
#include "shunt/base/sequence_number.hh"
#include "shunt/base/time.hh"
#include "shunt/tcp/connection_state.hh"
#include "shunt/tcp/snapshot.hh"
#include "shunt/wire/control_block.hh"
#include "shunt/wire/tcp_header.hh"

namespace shunt::tcp {

struct ArrivingSegment;
struct IcmpError;
struct SentSegment;
class Outcome;

/// After any call that is not const, fetch packets until poll_transmit() says false, then
/// poll_event(), then poll_deadline(). Time never goes back from call to call.
class Connection : private ConnectionState {
  public:
    /// Passive open: a connection in SYN-RECEIVED that owes a SYN/ACK. `config` outlives it.
    /// Fails for what is not a plain SYN.
    static Result<Connection, Counter> accept(const Config& config, const Identity& identity,
                                              const wire::TcpView& syn, const Chance& chance,
                                              Instant now);
    /// The same for a SYN cookie: its one use is a SYN/ACK of what a cookie brings back (TCP-8).
    static Result<Connection, Counter> accept_without_state(const Config& config,
                                                            const Identity& identity,
                                                            const wire::TcpView& syn,
                                                            const Chance& chance, Instant now);
    /// In SYN-RECEIVED with the SYN/ACK sent, as `acknowledgment` says, which handle_segment() has
    /// to get next. `offered`: the SYN's options.
    static Connection accept_acknowledged(const Config& config, const Identity& identity,
                                          const wire::TcpView& acknowledgment,
                                          const wire::TcpOptions& offered, const Chance& chance,
                                          Instant now);
    /// Active open: a connection in SYN-SENT that owes a SYN. `config` outlives it.
    static Result<Connection, OpenError> connect(const Config& config, const Identity& identity,
                                                 const Chance& chance, Instant now);

    /// Why a block makes no connection here, if so: it can be asked before the queues have come.
    static std::optional<ImportError> check_block(const Config& config,
                                                  const wire::ControlBlock& block);
    /// A connection that goes on where the exported one stopped (EP-25, EP-49). All or nothing.
    static Result<Connection, ImportError> import_snapshot(const Config& config,
                                                           const Identity& identity,
                                                           const Snapshot& snapshot, Instant now);
    /// The same of a block that announces no queues.
    static Result<Connection, ImportError> import_block(const Config& config,
                                                        const Identity& identity,
                                                        const wire::ControlBlock& block,
                                                        Instant now);
    /// The state as it leaves for another server; can_move(state()) holds (TCP-15, TCB-3).
    Snapshot export_snapshot(std::uint32_t epoch, Instant now) const;
    wire::ControlBlock export_block(std::uint32_t epoch, Instant now) const;
    /// What the block is too coarse for; restore_fine_state() comes after the queues.
    FineState fine_state(Instant now) const;
    void restore_fine_state(const FineState& fine, Instant now);
    /// The same as it comes beside a block (queue 5).
    void restore_fine_state(const wire::FineState& fine, Instant now);
    /// The ranges of the send queue that the peer has reported out of order (RFC 2018), in order;
    /// restore_scoreboard() comes after the send queue and is false for ranges that are not such.
    std::vector<wire::SackBlock> scoreboard() const;
    bool restore_scoreboard(std::span<const wire::SackBlock> ranges);
    /// The unread queue from its first byte on; out.size() <= receive_queue_size().
    void copy_receive_queue(MutableBytes out) const { receive_buffer_.read(0, out); }

    /// A segment of this connection has come. Returns the counter of the check that it failed, if
    /// it was dropped; the connection may owe an answer all the same.
    std::optional<Counter> handle_segment(const wire::TcpView& view, Instant now);
    void handle_deadline(Instant now);
    /// An ICMP error about a segment of this connection has come. Returns the counter of the check
    /// that it failed (RFC 5927). None ends a connection that is synchronized (TCP-13).
    std::optional<Counter> handle_icmp(const IcmpError& error);
    /// No packet is longer than `mtu` bytes from now on, 552 at least (TCP-13).
    void limit_path_mtu(std::uint16_t mtu);

    /// Writes the next IPv4 packet into the empty `out`; false if there is none to send now. It is
    /// unfinished where the link finishes it (Config::train_max), and as long as `out` has room.
    bool poll_transmit(Instant now, Packet& out);
    /// When handle_deadline() is next needed. Exact after poll_transmit() has said false.
    std::optional<Instant> poll_deadline() const { return timers_.earliest(); }
    std::optional<Event> poll_event();

    /// Takes what fits into the send buffer and returns how many bytes that was.
    std::size_t send(ByteView bytes);
    /// The same of bytes that are read from their source when they are sent, each time.
    std::size_t send(const SourceRange& range);
    /// Room in the send buffer, `most` bytes at most and not always all that there is: what is
    /// written to its front is sent by send_written(), before any other call. Empty: nothing fits.
    MutableBytes send_room(std::size_t most);
    void send_written(std::size_t count) { send_buffer_.extend(count); }
    /// send() of urgent data: the peer is told where it ends (RFC 9293 3.8.5; urgent.cc).
    std::size_t send_urgent(ByteView bytes);
    /// Bytes from the first unread one to the end of the peer's urgent data, come or not; 0: none.
    std::uint32_t urgent_unread() const;
    /// Bytes that send() would take now; none after close().
    std::size_t send_capacity() const;
    /// From now on they are as few as lets all queues together hold `bytes`, or 16 KiB (EP-41).
    void limit_queues(std::uint32_t bytes) { queues_max_ = bytes; }
    /// The contiguous front of the receive queue.
    ByteView readable() const { return receive_buffer_.readable(); }
    void consume(std::size_t count);
    /// Half-close: FIN after what was sent. Reading goes on.
    void close();
    /// RST to the peer where it knows of the connection; CLOSED at once.
    void abort();
    /// True switches Nagle's algorithm off.
    void set_no_delay(bool no_delay) { is_no_delay_ = no_delay; }
    /// True: the peer of an idle connection is asked whether it is there (RFC 9293 3.8.4).
    void set_keep_alive(bool wanted, Instant now);
    /// The DSCP of what is sent from now on, 6 bits (RFC 9293 3.9.1.9). It does not move along.
    void set_differentiated_services(std::uint8_t code_point);
    /// True: text and FIN are neither taken nor acknowledged: others take them as new (SEL-5).
    void hold_text(bool held) { is_text_held_ = held; }
    /// Gives memory of empty queues back; they allocate again when needed.
    void release_memory();

    State state() const { return state_; }
    bool is_closed() const { return state_ == State::Closed; }
    const Identity& identity() const { return identity_; }
    /// ESTABLISHED, nothing outstanding, queued or unread, no FIN: what a base home moves (EP-18).
    bool is_established_and_idle() const;
    /// RFC 9293 3.6.1, RFC 6191: in TIME-WAIT, this SYN may open a new connection at once (EP-32).
    bool can_be_replaced_by(const wire::TcpView& syn) const;
    /// SND.UNA, SND.NXT, RCV.NXT, ISS, IRS.
    SequenceNumber send_unacknowledged() const { return send_.unacknowledged; }
    SequenceNumber send_next() const { return send_.next; }
    SequenceNumber receive_next() const { return receive_.next; }
    SequenceNumber initial_send_sequence() const { return send_.initial; }
    SequenceNumber initial_receive_sequence() const { return receive_.initial; }
    /// The longest packet that the way to the peer is known to carry, in bytes.
    std::uint16_t path_mtu() const;
    /// What the SYNs agreed on.
    const Negotiated& negotiated() const { return negotiated_; }
    /// Bytes queued to be sent or acknowledged; bytes to be read.
    std::size_t send_queue_size() const { return send_buffer_.size(); }
    std::size_t receive_queue_size() const { return receive_buffer_.unread(); }
    /// cwnd in bytes; RTO.
    std::uint32_t congestion_window() const { return congestion_.window(); }
    Duration retransmission_timeout() const { return rtt_.timeout(); }

  private:
    Connection(const Config& config, const Identity& identity, const Chance& chance)
        : ConnectionState(config, identity, chance) {}
    // snapshot_block.cc
    void export_sequences(wire::ControlBlock& block) const;
    void export_flags(wire::ControlBlock& block) const;
    void export_out_of_order(wire::ControlBlock& block) const;
    void restore(const wire::ControlBlock& block, Instant now);
    void restore_sequences(const wire::ControlBlock& block);
    void restore_congestion(const wire::ControlBlock& block);
    void restore_timers(const wire::ControlBlock& block, Instant now);
    // snapshot_queues.cc
    bool restore_queues(const Snapshot& snapshot, Instant now);
    void restore_send_queue(const Snapshot& snapshot);
    void restore_receive_queue(const Snapshot& snapshot);

    // segment_arrives.cc
    Outcome arrive_in_syn_sent(ArrivingSegment& segment, Instant now);
    Outcome arrive_in_other_states(ArrivingSegment& segment, Instant now);
    void note_sign_of_life(Instant now);
    void learn_options(const ArrivingSegment& syn, Instant now);
    void establish(const ArrivingSegment& segment, Instant now);
    void measure_handshake(const ArrivingSegment& segment, Instant now);
    // segment_arrives_checks.cc
    Outcome check_timestamp(const ArrivingSegment& segment, Instant now);
    void update_recent_timestamp(const ArrivingSegment& segment, Instant now);
    Outcome check_sequence(ArrivingSegment& segment, Instant now);
    bool is_acceptable(const ArrivingSegment& segment) const;
    Outcome check_reset(const ArrivingSegment& segment, Instant now);
    Outcome check_syn(const ArrivingSegment& segment, Instant now);
    Outcome challenge(Counter counter, Instant now);
    Outcome answer_unacceptable(const ArrivingSegment& segment, Counter counter, Instant now);
    // segment_arrives_acknowledgment.cc
    Outcome check_acknowledgment(const ArrivingSegment& segment, Instant now);
    void acknowledge(const ArrivingSegment& segment, Instant now);
    void advance_unacknowledged(std::uint32_t count, Instant now);
    std::optional<std::uint32_t> echo_of(const ArrivingSegment& segment) const;
    void update_send_window(const ArrivingSegment& segment);
    void advance_close(Instant now);
    // explicit_congestion.cc
    bool agrees_to_ecn(const wire::TcpFlags& flags) const;
    void ask_for_ecn(wire::TcpFlags& flags, bool is_first);
    void note_marks(const ArrivingSegment& segment);
    void hear_ecn_echo(const ArrivingSegment& segment);
    wire::EcnCodepoint mark_new_text(wire::TcpFlags& flags);
    // loss_recovery.cc
    void update_recovery(const Delivery& delivery, Instant now);
    void grow_window(const Delivery& delivery, Instant now);
    void hear_sack(const ArrivingSegment& segment);
    void count_duplicate(const ArrivingSegment& segment, Delivery& delivery);
    bool detect_losses(Instant now);
    void enter_fast_recovery();
    void follow_delivery(const Delivery& delivery);
    void leave_recovery();
    void reduce_window();
    void recover_from_timeout(bool is_first, Instant now);
    void go_back();
    SequenceNumber next_to_send() const;
    void restore_flight(std::span<const wire::SackBlock> ranges, Instant now);
    // spurious_recovery.cc
    void remember_window();
    void undo_spurious_recovery(const ArrivingSegment& segment, const Delivery& delivery,
                                Instant now);
    void undo_recovery(const Delivery& delivery);
    // tail_loss_probe.cc
    void schedule_probe(Instant now);
    void handle_loss_timeout(Instant now);
    bool transmit_tail_probe(Instant now, Packet& out);
    bool is_in_window(const SentSegment& segment) const;
    // segment_arrives_text.cc
    Outcome process_text(ArrivingSegment& segment, Instant now);
    void process_fin(Instant now);
    void tune_window(const ArrivingSegment& segment, Instant now);
    void owe_acknowledgment(Instant now);
    void owe_duplicate_acknowledgment();
    bool takes_text() const;
    // duplicate_report.cc
    void note_old_text(const ArrivingSegment& segment);
    void note_repeated_range(SequenceNumber begin, SequenceNumber end);
    void note_duplicate(SequenceNumber begin, SequenceNumber end);
    void add_reports(wire::TcpOptions& options) const;
    // icmp_errors.cc
    std::optional<Counter> lower_path_mtu(std::uint16_t mtu);
    // user_calls.cc
    std::size_t send_limit() const;
    // urgent.cc
    void check_urgent(const ArrivingSegment& segment);
    void mark_urgent(wire::TcpHeader& header) const;
    void forget_read_urgent();
    void restore_urgent(const wire::ControlBlock& block);
    SequenceNumber first_unread() const;
    // timeouts.cc
    void arm_retransmission(Instant now);
    void handle_retransmission_timeout(Instant now);
    void handle_persist_timeout(Instant now);
    bool has_given_up(Instant now) const;
    Duration persist_interval() const;
    // keep_alive.cc
    void start_keep_alive(Instant now);
    void handle_keep_alive_timeout(Instant now);
    bool transmit_keep_alive(Instant now, Packet& out);
    // output.cc
    bool transmit_reset(Packet& out);
    bool transmit_syn(Instant now, Packet& out);
    bool transmit_lost(Instant now, Packet& out);
    bool transmit_duplicate_acknowledgment(Instant now, Packet& out);
    bool transmit_text(Instant now, Packet& out);
    bool transmit_probe(Instant now, Packet& out);
    bool transmit_acknowledgment(Instant now, Packet& out);
    std::uint32_t segments_at_once(const wire::TcpOptions& options, const Packet& out) const;
    std::optional<Text> text_within(std::uint32_t length_max, std::uint32_t room,
                                    std::uint32_t segments = 1) const;
    bool is_worth_sending(const Text& text, std::uint32_t length_max) const;
    void send_new_text(const Text& text, const wire::TcpOptions& options, Instant now, Packet& out);
    bool send_again(std::size_t index, Instant now, Packet& out);
    void send_text(const Text& text, const wire::TcpOptions& options, Instant now, Packet& out);
    void note_sent(SequenceNumber end, Instant now);
    void update_persist_timer(Instant now);
    // output_header.cc
    std::uint32_t maximum_segment() const;
    std::uint32_t segment_size() const;
    std::uint32_t text_length_max(const wire::TcpOptions& options) const;
    std::uint32_t initial_window() const;
    std::uint32_t congestion_room() const;
    wire::TcpOptions current_options(Instant now) const;
    wire::TcpHeader acknowledging_header(SequenceNumber sequence, const wire::TcpOptions& options);
    SequenceNumber acknowledging_sequence() const;
    std::uint16_t syn_window() const;
    std::uint16_t advertise_window();
    std::uint32_t offered_window() const;
    bool is_window_update_due() const;
    void write(const wire::TcpHeader& header, Packet& out,
               wire::EcnCodepoint ecn = wire::EcnCodepoint::NotCapable);

    // connection.cc
    void set_state(State state) { state_ = state; }
    void enter_time_wait(Instant now);
    void finish(Event event);
    void report(Event event);
};

static_assert(sizeof(Connection) <= 512, "an idle endpoint fits into 512 bytes (TCP-16)");

}  // namespace shunt::tcp
