# SPDX-License-Identifier: Apache-2.0
"""The reference implementation: codecs of the farm's formats, and farms in virtual time.

Values have read-only fields, equality, a hash and replace(). A field that is left out is zero, the
first of its kind, or as its sentence says. An argument of a wrong type is a TypeError, one out of
range a ValueError; both name the field, what was expected, and what came. Addresses are dotted
quads; sequence numbers are ints modulo 2^32.
"""

from decimal import Decimal
from enum import IntEnum
from fractions import Fraction
from typing import Callable, Mapping, Sequence, final

_Bytes = bytes | bytearray | memoryview
_Probability = int | float | Fraction | Decimal

class EncapsulationType(IntEnum):
    """The Type byte of the encapsulation header; from REJECT on of the extended set only."""

    CONNECTION = 0x01
    FORWARDED = 0x02
    ACKNOWLEDGEMENT = 0x03
    REJECT = 0x10
    RELEASE = 0x11
    DATA = 0x12
    CHALLENGE = 0x13
    GO = 0x14
    MISSING = 0x15

class TransportProtocol(IntEnum):
    """The Protocol byte of the encapsulation header."""

    TCP = 1
    UDP = 2

class RejectReason(IntEnum):
    """Why a server refuses an endpoint (Type 0x10)."""

    NO_LISTENER = 1
    FULL = 2
    UNKNOWN_ENDPOINT = 3
    DRAINING = 4
    MALFORMED_STATE = 5
    TUPLE_IN_USE = 6
    VOID = 7

class BlockState(IntEnum):
    """The states in which a connection can move, with 4.4BSD's numbers."""

    ESTABLISHED = 4
    CLOSE_WAIT = 5
    FIN_WAIT_1 = 6
    CLOSING = 7
    LAST_ACK = 8
    FIN_WAIT_2 = 9

@final
class EncapsulationHeader:
    """The 16 byte encapsulation header without its checksum, which is computed (FRM-4)."""

    def __init__(
        self,
        *,
        source: str = ...,
        source_port: int = ...,
        destination: str = ...,
        destination_port: int = ...,
        type: int = ...,
        protocol: int = ...,
    ) -> None: ...
    def replace(
        self,
        *,
        source: str = ...,
        source_port: int = ...,
        destination: str = ...,
        destination_port: int = ...,
        type: int = ...,
        protocol: int = ...,
    ) -> EncapsulationHeader:
        """A copy in which the named fields are others."""
    def __hash__(self) -> int: ...
    @property
    def source(self) -> str:
        """The client's address, dotted quad."""
    @property
    def source_port(self) -> int:
        """The client's port."""
    @property
    def destination(self) -> str:
        """A forward address of the receiver."""
    @property
    def destination_port(self) -> int:
        """The service's port."""
    @property
    def type(self) -> EncapsulationType:
        """What the payload is."""
    @property
    def protocol(self) -> TransportProtocol:
        """What the connection speaks."""

@final
class Encapsulated:
    """A frame from the encapsulation header on (FRM-1 to FRM-6)."""

    def __init__(
        self,
        *,
        header: EncapsulationHeader = ...,
        payload: _Bytes = ...,
        extended: bool = ...,
    ) -> None: ...
    def replace(
        self,
        *,
        header: EncapsulationHeader = ...,
        payload: _Bytes = ...,
        extended: bool = ...,
    ) -> Encapsulated:
        """A copy in which the named fields are others."""
    def __hash__(self) -> int: ...
    @property
    def header(self) -> EncapsulationHeader:
        """All but the checksum."""
    @property
    def payload(self) -> bytes:
        """Exactly what Type and Protocol demand (FRM-5)."""
    @property
    def extended(self) -> bool:
        """Read as a receiver of the extended set reads it."""
    @staticmethod
    def parse(data: _Bytes, *, extended: bool = ...) -> Encapsulated:
        """Checks in FRM-6's order: 16 bytes, Type, length, checksum, Protocol; what follows the
        payload is padding. ParseError names the counter of the first check that failed.
        """
    def to_bytes(self) -> bytes:
        """Header with its checksum, then the payload."""
    def body(
        self,
    ) -> ConnectionInformation | ForwardedPacket | MigrationCopy | RejectMessage | bytes | None:
        """The payload as its Type says; None of a base acknowledgement, bytes of data, challenge
        and missing. ParseError as in parse().
        """

@final
class ControlBlock:
    """The 140 byte TCP control block that moves with a connection."""

    def __init__(
        self,
        *,
        timestamp_value: int = ...,
        epoch: int = ...,
        state: int = ...,
        retransmit_timer: int = ...,
        persist_timer: int = ...,
        keep_alive_timer: int = ...,
        time_wait_timer: int = ...,
        retransmissions: int = ...,
        retransmission_timeout_ms: int = ...,
        duplicate_acks: int = ...,
        mss: int = ...,
        version: int = ...,
        flags: int = ...,
        out_of_order_ranges: int = ...,
        send_queue: int = ...,
        receive_queue: int = ...,
        send_unacknowledged: int = ...,
        send_next: int = ...,
        send_urgent: int = ...,
        window_update_sequence: int = ...,
        window_update_acknowledgment: int = ...,
        initial_send_sequence: int = ...,
        send_window: int = ...,
        receive_window: int = ...,
        receive_next: int = ...,
        receive_urgent: int = ...,
        initial_receive_sequence: int = ...,
        receive_advertised: int = ...,
        send_max: int = ...,
        congestion_window: int = ...,
        slow_start_threshold: int = ...,
        idle: int = ...,
        path_mtu: int = ...,
        recover: int = ...,
        smoothed_rtt: int = ...,
        rtt_variation: int = ...,
        minimum_rtt_ms: int = ...,
        sack_ranges: int = ...,
        send_window_max: int = ...,
        out_of_order_bytes: int = ...,
        send_scale: int = ...,
        receive_scale: int = ...,
        recent_timestamp: int = ...,
        recent_timestamp_age_ms: int = ...,
        last_acknowledgment_sent: int = ...,
    ) -> None: ...
    def replace(
        self,
        *,
        timestamp_value: int = ...,
        epoch: int = ...,
        state: int = ...,
        retransmit_timer: int = ...,
        persist_timer: int = ...,
        keep_alive_timer: int = ...,
        time_wait_timer: int = ...,
        retransmissions: int = ...,
        retransmission_timeout_ms: int = ...,
        duplicate_acks: int = ...,
        mss: int = ...,
        version: int = ...,
        flags: int = ...,
        out_of_order_ranges: int = ...,
        send_queue: int = ...,
        receive_queue: int = ...,
        send_unacknowledged: int = ...,
        send_next: int = ...,
        send_urgent: int = ...,
        window_update_sequence: int = ...,
        window_update_acknowledgment: int = ...,
        initial_send_sequence: int = ...,
        send_window: int = ...,
        receive_window: int = ...,
        receive_next: int = ...,
        receive_urgent: int = ...,
        initial_receive_sequence: int = ...,
        receive_advertised: int = ...,
        send_max: int = ...,
        congestion_window: int = ...,
        slow_start_threshold: int = ...,
        idle: int = ...,
        path_mtu: int = ...,
        recover: int = ...,
        smoothed_rtt: int = ...,
        rtt_variation: int = ...,
        minimum_rtt_ms: int = ...,
        sack_ranges: int = ...,
        send_window_max: int = ...,
        out_of_order_bytes: int = ...,
        send_scale: int = ...,
        receive_scale: int = ...,
        recent_timestamp: int = ...,
        recent_timestamp_age_ms: int = ...,
        last_acknowledgment_sent: int = ...,
    ) -> ControlBlock:
        """A copy in which the named fields are others."""
    def __hash__(self) -> int: ...
    @property
    def timestamp_value(self) -> int:
        """ts_val: ticks of 1 ms at the freeze."""
    @property
    def epoch(self) -> int:
        """epoch: which attempt, modulo 2^32."""
    @property
    def state(self) -> int:
        """t_state: a BlockState, or the int that is none."""
    @property
    def retransmit_timer(self) -> int:
        """t_timer[0]: units of 500 ms, 0 off."""
    @property
    def persist_timer(self) -> int:
        """t_timer[1]: units of 500 ms, 0 off."""
    @property
    def keep_alive_timer(self) -> int:
        """t_timer[2]: units of 500 ms, 0 off."""
    @property
    def time_wait_timer(self) -> int:
        """t_timer[3]: units of 500 ms, 0 off."""
    @property
    def retransmissions(self) -> int:
        """t_rxtshift: so far."""
    @property
    def retransmission_timeout_ms(self) -> int:
        """t_rxtcur: ms, with backoff, saturating."""
    @property
    def duplicate_acks(self) -> int:
        """t_dupacks."""
    @property
    def mss(self) -> int:
        """t_maxseg: bytes, options not subtracted."""
    @property
    def version(self) -> int:
        """1; another number is a base device's (TCB-4)."""
    @property
    def flags(self) -> int:
        """t_flags."""
    @property
    def out_of_order_ranges(self) -> int:
        """ooo_ranges."""
    @property
    def send_queue(self) -> int:
        """snd_queue: data bytes from snd_una on."""
    @property
    def receive_queue(self) -> int:
        """rcv_queue: data bytes not yet read."""
    @property
    def send_unacknowledged(self) -> int:
        """snd_una."""
    @property
    def send_next(self) -> int:
        """snd_nxt."""
    @property
    def send_urgent(self) -> int:
        """snd_up."""
    @property
    def window_update_sequence(self) -> int:
        """snd_wl1."""
    @property
    def window_update_acknowledgment(self) -> int:
        """snd_wl2."""
    @property
    def initial_send_sequence(self) -> int:
        """iss."""
    @property
    def send_window(self) -> int:
        """snd_wnd: bytes, scaled up."""
    @property
    def receive_window(self) -> int:
        """rcv_wnd: bytes, scaled up."""
    @property
    def receive_next(self) -> int:
        """rcv_nxt."""
    @property
    def receive_urgent(self) -> int:
        """rcv_up."""
    @property
    def initial_receive_sequence(self) -> int:
        """irs."""
    @property
    def receive_advertised(self) -> int:
        """rcv_adv: right edge advertised."""
    @property
    def send_max(self) -> int:
        """snd_max."""
    @property
    def congestion_window(self) -> int:
        """snd_cwnd: bytes."""
    @property
    def slow_start_threshold(self) -> int:
        """snd_ssthresh: bytes."""
    @property
    def idle(self) -> int:
        """t_idle: units of 500 ms."""
    @property
    def path_mtu(self) -> int:
        """path_mtu: bytes, 0 unknown."""
    @property
    def recover(self) -> int:
        """recover: end of the recovery episode, 0 none."""
    @property
    def smoothed_rtt(self) -> int:
        """t_srtt: 1/8 ms, saturating."""
    @property
    def rtt_variation(self) -> int:
        """t_rttvar: 1/4 ms, saturating."""
    @property
    def minimum_rtt_ms(self) -> int:
        """t_rttmin: ms."""
    @property
    def sack_ranges(self) -> int:
        """sack_ranges."""
    @property
    def send_window_max(self) -> int:
        """max_sndwnd: bytes."""
    @property
    def out_of_order_bytes(self) -> int:
        """ooo_bytes: in all ranges."""
    @property
    def send_scale(self) -> int:
        """snd_scale: shift."""
    @property
    def receive_scale(self) -> int:
        """rcv_scale: shift."""
    @property
    def recent_timestamp(self) -> int:
        """ts_recent."""
    @property
    def recent_timestamp_age_ms(self) -> int:
        """ts_recent_age: ms."""
    @property
    def last_acknowledgment_sent(self) -> int:
        """last_ack_sent."""
    @staticmethod
    def parse(data: _Bytes) -> ControlBlock:
        """From exactly 140 bytes, else ParseError. Reserved bytes are ignored (TCB-2)."""
    def to_bytes(self) -> bytes:
        """140 bytes, reserved ones zero (TCB-2)."""
    @property
    def fault(self) -> str | None:
        """Why a target refuses it with reason 5 (TCB-1, TCB-4), or None."""

@final
class ConnectionInformation:
    """The payload of Type 0x01."""

    def __init__(
        self,
        *,
        service: str = ...,
        service_port: int = ...,
        block: ControlBlock | None = ...,
        flow_number: int | None = ...,
    ) -> None: ...
    def replace(
        self,
        *,
        service: str = ...,
        service_port: int = ...,
        block: ControlBlock | None = ...,
        flow_number: int | None = ...,
    ) -> ConnectionInformation:
        """A copy in which the named fields are others."""
    def __hash__(self) -> int: ...
    @property
    def service(self) -> str:
        """What the client connected to."""
    @property
    def service_port(self) -> int:
        """Its port."""
    @property
    def block(self) -> ControlBlock | None:
        """The control block; None for UDP."""
    @property
    def flow_number(self) -> int | None:
        """The epoch of a UDP flow in the extended set, else None."""
    @staticmethod
    def parse(data: _Bytes) -> ConnectionInformation:
        """From exactly 146 (TCP), 10 or 6 (UDP) bytes, length field included, else ParseError."""
    def to_bytes(self) -> bytes:
        """What parse() reads."""

@final
class ForwardedPacket:
    """What a Type 0x02 carries."""

    def __init__(
        self,
        *,
        packet: _Bytes = ...,
        is_icmp_error: bool = ...,
        connection: str = ...,
    ) -> None: ...
    def replace(
        self,
        *,
        packet: _Bytes = ...,
        is_icmp_error: bool = ...,
        connection: str = ...,
    ) -> ForwardedPacket:
        """A copy in which the named fields are others."""
    def __hash__(self) -> int: ...
    @property
    def packet(self) -> bytes:
        """The client's own IPv4 packet, or an ICMP error."""
    @property
    def is_icmp_error(self) -> bool:
        """An error about what was sent to the client (EP-26)."""
    @property
    def connection(self) -> str:
        """10.7.0.9:4711>10.7.1.1:80/tcp: what it is looked up by."""

@final
class MigrationId:
    """The 14 bytes that name one attempt (ID)."""

    def __init__(
        self,
        *,
        service: str = ...,
        service_port: int = ...,
        initial_send_sequence: int = ...,
        epoch: int = ...,
    ) -> None: ...
    def replace(
        self,
        *,
        service: str = ...,
        service_port: int = ...,
        initial_send_sequence: int = ...,
        epoch: int = ...,
    ) -> MigrationId:
        """A copy in which the named fields are others."""
    def __hash__(self) -> int: ...
    @property
    def service(self) -> str:
        """What the client connected to."""
    @property
    def service_port(self) -> int:
        """Its port."""
    @property
    def initial_send_sequence(self) -> int:
        """iss of the control block; 0 for UDP."""
    @property
    def epoch(self) -> int:
        """Which attempt; for UDP the flow number."""
    @staticmethod
    def parse(data: _Bytes) -> MigrationId:
        """From exactly 14 bytes, length field included, else ParseError."""
    def to_bytes(self) -> bytes:
        """What parse() reads."""

@final
class MigrationCopy:
    """The extended payload of acknowledgement, release and go (20 bytes)."""

    def __init__(
        self,
        *,
        id: MigrationId = ...,
        copy: int = ...,
    ) -> None: ...
    def replace(
        self,
        *,
        id: MigrationId = ...,
        copy: int = ...,
    ) -> MigrationCopy:
        """A copy in which the named fields are others."""
    def __hash__(self) -> int: ...
    @property
    def id(self) -> MigrationId:
        """Which attempt."""
    @property
    def copy(self) -> int:
        """Which endpoint was made of it."""
    @staticmethod
    def parse(data: _Bytes) -> MigrationCopy:
        """From exactly 20 bytes, length field included, else ParseError."""
    def to_bytes(self) -> bytes:
        """What parse() reads."""

@final
class RejectMessage:
    """The payload of Type 0x10 (18 bytes)."""

    def __init__(
        self,
        *,
        id: MigrationId = ...,
        reason: int = ...,
    ) -> None: ...
    def replace(
        self,
        *,
        id: MigrationId = ...,
        reason: int = ...,
    ) -> RejectMessage:
        """A copy in which the named fields are others."""
    def __hash__(self) -> int: ...
    @property
    def id(self) -> MigrationId:
        """Which attempt."""
    @property
    def reason(self) -> RejectReason:
        """Why it is refused."""
    @staticmethod
    def parse(data: _Bytes) -> RejectMessage:
        """From exactly 18 bytes, length field included, else ParseError."""
    def to_bytes(self) -> bytes:
        """What parse() reads."""

@final
class Faults:
    """What a link does to the frames that cross it."""

    def __init__(
        self,
        *,
        loss: _Probability = ...,
        repetition: _Probability = ...,
        reordering: _Probability = ...,
        delay_us: int = ...,
        jitter_us_max: int = ...,
        reordering_delay_us_max: int = ...,
    ) -> None: ...
    def replace(
        self,
        *,
        loss: _Probability = ...,
        repetition: _Probability = ...,
        reordering: _Probability = ...,
        delay_us: int = ...,
        jitter_us_max: int = ...,
        reordering_delay_us_max: int = ...,
    ) -> Faults:
        """A copy in which the named fields are others."""
    def __hash__(self) -> int: ...
    @property
    def loss(self) -> Fraction:
        """Probability of each frame."""
    @property
    def repetition(self) -> Fraction:
        """Probability of each frame."""
    @property
    def reordering(self) -> Fraction:
        """Probability of each frame."""
    @property
    def delay_us(self) -> int:
        """Of every frame, in microseconds."""
    @property
    def jitter_us_max(self) -> int:
        """Added to the delay; keeps the order."""
    @property
    def reordering_delay_us_max(self) -> int:
        """By how much a reordered frame may come later."""

@final
class Plan:
    """What one planned connection does: it asks s1 for generated content and verifies every byte of it."""

    def __init__(
        self,
        *,
        start_us: int = ...,
        sizes: Sequence[int] = ...,
        upload_size: int = ...,
        is_pipelined: bool = ...,
        does_server_close: bool = ...,
    ) -> None: ...
    def replace(
        self,
        *,
        start_us: int = ...,
        sizes: Sequence[int] = ...,
        upload_size: int = ...,
        is_pipelined: bool = ...,
        does_server_close: bool = ...,
    ) -> Plan:
        """A copy in which the named fields are others."""
    def __hash__(self) -> int: ...
    @property
    def start_us(self) -> int:
        """When its SYN is sent, in microseconds after the world is there."""
    @property
    def sizes(self) -> tuple[int, ...]:
        """Bytes of each object, /bytes/N, in order."""
    @property
    def upload_size(self) -> int:
        """Bytes in each request's body."""
    @property
    def is_pipelined(self) -> bool:
        """All requests at once."""
    @property
    def does_server_close(self) -> bool:
        """The last request says Connection: close."""

@final
class ConnectionRow:
    """A connection in a table of a server."""

    @property
    def connection(self) -> str:
        """10.7.0.9:4711>10.7.1.1:80/tcp"""
    @property
    def protocol(self) -> str:
        """tcp or udp"""
    @property
    def state(self) -> str:
        """Of the endpoint; in forward: forwarded."""
    @property
    def epoch(self) -> int:
        """Attempts to move it."""
    @property
    def peer(self) -> str:
        """Whence or whither it moved; empty: nowhere."""

@final
class Tables:
    """The four connection tables of a server (TAB-3)."""

    @property
    def temporary(self) -> list[ConnectionRow]:
        """Not decided, or on its way."""
    @property
    def local(self) -> list[ConnectionRow]:
        """Served where it arrived."""
    @property
    def forward(self) -> list[ConnectionRow]:
        """Moved away."""
    @property
    def forward_connect(self) -> list[ConnectionRow]:
        """Moved here."""

@final
class Violation:
    """A rule that was broken in a world."""

    @property
    def time_us(self) -> int:
        """Virtual time in microseconds."""
    @property
    def rule(self) -> str:
        """A requirement's id, or liveness."""
    @property
    def text(self) -> str:
        """What broke it."""
    @property
    def seed(self) -> int:
        """Shows it again."""

@final
class WorldResult:
    """What came of a world."""

    @property
    def seed(self) -> int:
        """Plays it again."""
    @property
    def trace_hash(self) -> str:
        """16 hexadecimal digits: equal for equal deliveries."""
    @property
    def packets(self) -> int:
        """Deliveries of frames to hosts."""
    @property
    def connections(self) -> int:
        """Planned connections that have all they asked for and are closed."""
    @property
    def migrations(self) -> int:
        """How often another server went on with a connection."""
    @property
    def responses(self) -> int:
        """Whole responses to planned connections."""
    @property
    def bytes(self) -> int:
        """Verified bytes in them."""
    @property
    def violation_count(self) -> int:
        """All violations, also those that are not kept."""
    @property
    def violations(self) -> list[Violation]:
        """The first 100."""

@final
class World:
    """A farm in virtual time; shunt.World is its face, and says what the arguments are."""

    def __init__(
        self,
        *,
        nodes: int,
        seed: int,
        extensions: bool,
        front: Faults,
        back: Faults,
        urls: Mapping[str, Sequence[str]],
        plans: Sequence[Plan],
    ) -> None: ...
    @property
    def now_us(self) -> int:
        """Virtual time in microseconds."""
    @property
    def names(self) -> list[str]:
        """Of the servers: s1, s2, .."""
    @property
    def is_plan_finished(self) -> bool:
        """Every planned connection has all that it asked for."""
    @property
    def lost_frames(self) -> int:
        """What both links have lost so far."""
    def run(self, span_us: int, until: Callable[[], bool] | None = ...) -> bool:
        """Runs for span_us, or until `until()`, asked before each event; True: it was so."""
    def connect(self, server: str, port: int) -> int:
        """Opens a connection to the server's service; returns its number."""
    def send(self, number: int, data: _Bytes) -> None: ...
    def close(self, number: int) -> None: ...
    def abort(self, number: int) -> None: ...
    def connection_name(self, number: int) -> str:
        """10.7.0.10:20000>10.7.1.1:80/tcp"""
    def connection_state(self, number: int) -> str:
        """RFC 9293's name of the client's state."""
    def connection_fate(self, number: int) -> str:
        """reset, timed-out, finished (the server closed) or empty."""
    def received_size(self, number: int) -> int: ...
    def received(self, number: int, start: int = ...) -> bytes:
        """All bytes from the start-th on."""
    def tables(self, server: str) -> Tables: ...
    def counters(self, server: str) -> dict[str, int]: ...
    def migrate(self, server: str, connection: str, to: str) -> int:
        """Starts a move; returns its epoch. MigrateError says why not."""
    def result(self) -> WorldResult: ...

@final
class Readiness:
    """What a call would not have to wait for."""

    @property
    def is_readable(self) -> bool:
        """Bytes, or the end of them."""
    @property
    def is_writable(self) -> bool:
        """There is room worth while."""
    @property
    def is_acceptable(self) -> bool:
        """A connection waits."""
    @property
    def is_urgent(self) -> bool:
        """Urgent data that was not read."""
    @property
    def has_error(self) -> bool:
        """A fate that was not told yet."""
    @property
    def is_hung_up(self) -> bool:
        """Both directions are over."""

@final
class Host:
    """A host on a link, with sockets; frames and the time go in, frames come out."""

    def __init__(
        self,
        *,
        address: str,
        prefix_length: int = ...,
        router: str | None = ...,
        mtu: int = ...,
        neighbors: dict[str, str] | None = ...,
        seed: int = ...,
    ) -> None: ...
    def handle_frame(self, frame: _Bytes, now_us: int) -> None: ...
    def handle_deadline(self, now_us: int) -> None: ...
    def poll_transmit(self, now_us: int) -> bytes | None:
        """The next frame to send, or None."""
    @property
    def deadline_us(self) -> int | None:
        """When handle_deadline() is next needed, or None."""
    def open(self, kind: str) -> int:
        """A socket: 'tcp' or 'udp'."""
    def bind(self, socket: int, address: str, port: int) -> None: ...
    def listen(self, socket: int, backlog: int = ...) -> None: ...
    def accept(self, socket: int) -> int:
        """The socket of the next connection."""
    def connect(self, socket: int, address: str, port: int, now_us: int) -> None:
        """Begins the handshake."""
    def send(self, socket: int, data: _Bytes, now_us: int) -> int:
        """How many bytes were taken."""
    def send_urgent(self, socket: int, data: _Bytes, now_us: int) -> int:
        """The peer is told where it ends."""
    def urgent_unread(self, socket: int) -> int:
        """Bytes to the end of the peer's urgent data."""
    def send_to(self, socket: int, data: _Bytes, address: str, port: int) -> int: ...
    def receive(self, socket: int, size: int, now_us: int) -> bytes:
        """At most size bytes; none: the peer sends no more."""
    def peek(self, socket: int, size: int) -> bytes: ...
    def receive_from(self, socket: int, size: int) -> tuple[bytes, tuple[str, int], bool]:
        """A datagram, its sender, and whether it was longer."""
    def shutdown(self, socket: int, direction: str, now_us: int) -> None:
        """'read', 'write' or 'both'."""
    def close(self, socket: int, now_us: int) -> None: ...
    def abort(self, socket: int, now_us: int) -> None: ...
    def set_option(
        self, socket: int, option: str, value: bool | int | str | None, now_us: int
    ) -> None:
        """docs/sockets.md names them."""
    def options(self, socket: int) -> dict[str, bool | int | str | None]:
        """Each by its name, as it stands."""
    def local_address(self, socket: int) -> tuple[str, int]: ...
    def remote_address(self, socket: int) -> tuple[str, int]: ...
    def state(self, socket: int) -> str:
        """RFC 9293's name."""
    def is_listening(self, socket: int) -> bool: ...
    def readiness(self, socket: int) -> Readiness: ...
    def take_error(self, socket: int) -> str | None:
        """The POSIX name of the fate that was not told yet, once, or None."""
    def poll_ready(self) -> tuple[int, Readiness] | None:
        """The next socket whose readiness has risen, and what it is, or None."""
    def counters(self) -> dict[str, int]: ...

def scenarios() -> dict[str, str]:
    """Name and sentence of each scenario of shunt-sim."""

def run_scenario(
    name: str,
    *,
    seed: int = ...,
    connections: int | None = ...,
    loss: _Probability | None = ...,
    repetition: _Probability | None = ...,
    reordering: _Probability | None = ...,
) -> WorldResult:
    """Plays a scenario of shunt-sim; None is the scenario's own. Other threads may run."""

def generated_content(size: int, offset: int = ...) -> bytes:
    """What the node answers to /bytes/SIZE, from offset on."""
