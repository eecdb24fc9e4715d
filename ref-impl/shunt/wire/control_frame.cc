// SPDX-License-Identifier: Apache-2.0
#include "shunt/wire/control_frame.hh"

namespace shunt::wire {

bool is_known(ControlKind kind) {
    switch (kind) {
        case ControlKind::Hello:
        case ControlKind::Ping:
        case ControlKind::Pong:
        case ControlKind::Challenge:
        case ControlKind::Error:
        case ControlKind::Blob:
        case ControlKind::BlobAcknowledgement:
        case ControlKind::BlobReject:
        case ControlKind::FlowClosed:
        case ControlKind::FlowUnknown:
        case ControlKind::Commit:
        case ControlKind::MovedIcmp:
        case ControlKind::HandoffRequest:
        case ControlKind::HandoffAcknowledgement:
        case ControlKind::HandoffReject:
        case ControlKind::HandoffTermination:
        case ControlKind::ServerState:
        case ControlKind::Session:
        case ControlKind::ObjectCreate:
        case ControlKind::ObjectCreated:
        case ControlKind::ObjectCall:
        case ControlKind::ObjectResult:
        case ControlKind::ObjectRelease:
            return true;
    }
    return false;
}

bool is_answer(ControlKind kind, std::uint16_t flags) {
    switch (kind) {
        case ControlKind::Pong:
        case ControlKind::Error:
        case ControlKind::BlobAcknowledgement:
        case ControlKind::BlobReject:
        case ControlKind::HandoffAcknowledgement:
        case ControlKind::HandoffReject:
        case ControlKind::ObjectCreated:
        case ControlKind::ObjectResult:
            return true;
        case ControlKind::Commit:
            return (flags & kControlAnswerFlag) != 0;
        case ControlKind::Hello:
        case ControlKind::Ping:
        case ControlKind::Challenge:
        case ControlKind::Blob:
        case ControlKind::FlowClosed:
        case ControlKind::FlowUnknown:
        case ControlKind::MovedIcmp:
        case ControlKind::HandoffRequest:
        case ControlKind::HandoffTermination:
        case ControlKind::ServerState:
        case ControlKind::Session:
        case ControlKind::ObjectCreate:
        case ControlKind::ObjectCall:
        case ControlKind::ObjectRelease:
            return false;
    }
    return false;
}

void ControlHeader::write_to(MutableBytes bytes, std::size_t body_size) const {
    const std::size_t length = kControlLengthMin + body_size;
    SHUNT_ASSERT(length <= kControlLengthMax, "callers bound their bodies");
    store_u32(bytes, 0, static_cast<std::uint32_t>(length));
    store_u8(bytes, 4, kControlVersion);
    store_u8(bytes, 5, static_cast<std::uint8_t>(kind));
    store_u16(bytes, 6, flags);
    store_u64(bytes, 8, transaction);
}

Result<std::size_t, Counter> ControlFrameView::size_of(ByteView start) {
    const std::uint32_t length = load_u32(start, 0);
    if (length < kControlLengthMin || length > kControlLengthMax) {
        return Failure{Counter::DropControlFormat};
    }
    if (start.size() > kControlLengthSize && load_u8(start, 4) != kControlVersion) {
        return Failure{Counter::DropControlFormat};
    }
    return kControlLengthSize + length;
}

Result<ControlFrameView, Counter> ControlFrameView::parse(ByteView frame) {
    if (frame.size() < kControlHeaderSize) return Failure{Counter::DropControlFormat};
    const auto size = size_of(frame);
    if (!size) return Failure{size.error()};
    const ControlFrameView view(frame);
    if (*size != frame.size() || frame.size() < kControlHeaderSize + view.trailer_size()) {
        return Failure{Counter::DropControlFormat};
    }
    return view;
}

ByteView ControlFrameView::body() const {
    const ByteView behind_header = frame_.subspan(kControlHeaderSize);
    return behind_header.first(behind_header.size() - trailer_size());
}

}  // namespace shunt::wire
