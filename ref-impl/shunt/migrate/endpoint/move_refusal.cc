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
        case MoveRefusal::NoFlowIdentifier:
            return "no flow identifier is free";
        case MoveRefusal::OfferedLately:
            return "it was offered to that server lately";
        case MoveRefusal::ClientInFarm:
            return "the client address belongs to the farm";
        case MoveRefusal::TemporaryTableFull:
            return "the Temporary table is full";
        case MoveRefusal::Over:
            return "the connection is over: TIME-WAIT stays where it is (TCP-15)";
        case MoveRefusal::Bound:
            return "its application is outside of the node and cannot go on elsewhere (EP-49)";
        case MoveRefusal::QueuesTooLong:
            return "more is queued than moves: 1 MiB by frames, 15 MiB as a blob (EP-41)";
        case MoveRefusal::NotReleased:
            return "its home has not released it yet (EP-13)";
        case MoveRefusal::NotItsHome:
            return "an owner moves it back to its home; onward it goes from there (EP-47)";
    }
    return "unknown";
}

}  // namespace shunt::migrate::endpoint
