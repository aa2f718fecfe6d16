/** The bounds of a connection that several documents share. */
export const sharedLimits = {
  /** Documents on one connection: the service's own bound is the traffic. */
  documentsMax: 200,
  /** A ticket that nobody dials with by then is given up, and the next document dials. */
  claimMsMax: 5_000,
} as const;
