/** `y-webpubsub/protobuf`: the protobuf subprotocols of Azure Web PubSub for the official JavaScript client. */
export {
  type ProtobufProtocolOptions,
  WebPubSubProtobufProtocol,
  WebPubSubProtobufReliableProtocol,
} from "./protocol.ts";
