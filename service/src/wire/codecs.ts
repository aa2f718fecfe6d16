import type { Codec } from "../core/ports.ts";
import { json, jsonReliable } from "./json.ts";
import { protobuf, protobufReliable } from "./protobuf.ts";

/** The subprotocols of the service. Whoever offers none of them is a plain client: see plain.ts. */
export const codecs: readonly Codec[] = [json, jsonReliable, protobuf, protobufReliable];
