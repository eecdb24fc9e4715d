// SPDX-License-Identifier: Apache-2.0
#include "shunt/migrate/endpoint/move_refusal.hh"

namespace shunt::migrate::endpoint {

const char* describe(MoveRefusal refusal) {
    switch (refusal) {
        case MoveRefusal::NotUnbound:
            return "the connection is not an unbound endpoint";
        case MoveRefusal::Outstanding:
            return "something sent is not acknowledged yet";
        case MoveRefusal::AlreadyMoving:
            return "a move is under way";
        case MoveRefusal::TargetIsSelf:
            return "the target is this server";
        case MoveRefusal::ForwardTableFull:
            return "the Forward table is full";
        case MoveRefusal::OfferedLately:
            return "it was offered to that server lately";
        case MoveRefusal::ClientInFarm:
            return "the client address belongs to the farm";
    }
    return "unknown";
}

}  // namespace shunt::migrate::endpoint
