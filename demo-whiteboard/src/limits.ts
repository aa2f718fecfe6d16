/** Every bound of the board in one place. World units are CSS pixels at 100 % zoom. */
export const limits = {
  /** Largest |coordinate| a shape or a camera may have. */
  coordinateMax: 1_000_000,
  /** Bytes of one packed stroke, and points it may hold. A stroke that reaches a bound is committed and a new one begins. */
  strokeBytesMax: 65_536,
  strokePointsMax: 20_000,
  /** Characters of a text that are kept for drawing. */
  textDrawnMax: 10_000,
  /** How much smaller and larger than their size the letters of a text may be pulled. */
  textScaleMin: 0.1,
  textScaleMax: 40,
  /** Undo steps kept: older ones are forgotten, because what may be restored stays in memory. */
  undoStepsMax: 100,
  /** Deleted shapes remembered for the repair after an undo. */
  deletedRememberedMax: 2_000,
  nameMax: 40,
  selectionPublishedMax: 50,
  /** Remote people kept and drawn. */
  peopleMax: 200,
  /** Live drafts kept, in all and of one sender. */
  draftsMax: 64,
  draftsPerSenderMax: 8,
  draftMessageBytesMax: 16_384,
  /** A draft that nobody continues is dropped. */
  draftIdleMs: 10_000,
  /** Presence and drafts are sent at most this often, and half as often in larger rooms. */
  liveSendMs: 50,
  liveSendLargeRoomMs: 100,
  largeRoomPeople: 8,
  /** Moments of the past that are listed; the scrubber reaches all. */
  momentsShown: 100,
  /** News shown at once, and for how long. */
  toastsMax: 3,
  toastMs: 4_000,
  toastWithActionMs: 8_000,
  /** Shapes named in the hidden outline. */
  outlineMax: 500,
  /** What the clipboard or a file may bring: characters, and shapes of them. */
  importCharactersMax: 32_000_000,
  importShapesMax: 20_000,
  /** Pixels of an exported picture, along a side and in all. */
  pictureSideMax: 8_192,
  picturePixelsMax: 32_000_000,
  zoomMin: 0.02,
  zoomMax: 8,
} as const;
