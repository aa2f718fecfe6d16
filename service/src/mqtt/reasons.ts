/** 4 is MQTT 3.1.1, 5 is MQTT 5.0: the protocol level of CONNECT. */
export type Version = 4 | 5;

/** Reason codes of MQTT 5.0 (section 2.4) that this service gives. */
export const reason = {
  success: 0x00,
  noSubscriptionExisted: 0x11,
  unspecified: 0x80,
  malformed: 0x81,
  protocolError: 0x82,
  implementation: 0x83,
  unsupportedVersion: 0x84,
  clientIdNotValid: 0x85,
  badCredentials: 0x86,
  notAuthorized: 0x87,
  serverUnavailable: 0x88,
  badAuthenticationMethod: 0x8c,
  keepAliveTimeout: 0x8d,
  sessionTakenOver: 0x8e,
  topicFilterInvalid: 0x8f,
  topicNameInvalid: 0x90,
  packetIdInUse: 0x91,
  packetIdNotFound: 0x92,
  receiveMaximumExceeded: 0x93,
  topicAliasInvalid: 0x94,
  packetTooLarge: 0x95,
  quotaExceeded: 0x97,
  administrative: 0x98,
  payloadFormatInvalid: 0x99,
  retainNotSupported: 0x9a,
  sharedNotSupported: 0x9e,
  wildcardNotSupported: 0xa2,
} as const;

export type Reason = (typeof reason)[keyof typeof reason];

/** CONNACK reason codes of MQTT 5.0 that refuse a client. */
const refusals: ReadonlySet<number> = new Set([
  0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x8c, 0x90, 0x95, 0x97, 0x99, 0x9a, 0x9b, 0x9c,
  0x9d, 0x9f,
]);

/** What an event handler may answer to a CONNECT; any other code becomes "unspecified error". */
export function refusalCode(code: number, version: Version): number {
  if (version === 5) return refusals.has(code) ? code : reason.unspecified;
  return code >= 1 && code <= 5 ? code : returnCode(reason.unspecified);
}

/** The return code of an MQTT 3.1.1 CONNACK that comes closest. */
export function returnCode(code: number): number {
  switch (code) {
    case reason.unsupportedVersion:
      return 1;
    case reason.clientIdNotValid:
      return 2;
    case reason.badCredentials:
      return 4;
    case reason.serverUnavailable:
    case reason.unspecified:
      return 3;
    default:
      return 5;
  }
}
