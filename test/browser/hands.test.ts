import type { CDPSession } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Person } from "../support/pages.ts";
import { Room } from "../support/room.ts";

type Finger = readonly [x: number, y: number];

/** Fingers on the screen of a page, through the browser's own input. */
class Fingers {
  readonly #session: CDPSession;

  private constructor(session: CDPSession) {
    this.#session = session;
  }

  static async of({ page }: Person): Promise<Fingers> {
    return new Fingers(await page.context().newCDPSession(page));
  }

  down(...fingers: readonly Finger[]): Promise<void> {
    return this.dispatch("touchStart", fingers);
  }

  move(...fingers: readonly Finger[]): Promise<void> {
    return this.dispatch("touchMove", fingers);
  }

  up(): Promise<void> {
    return this.dispatch("touchEnd", []);
  }

  private async dispatch(type: "touchStart" | "touchMove" | "touchEnd", fingers: readonly Finger[]): Promise<void> {
    const touchPoints = fingers.map(([x, y], id) => ({ x, y, id }));
    await this.#session.send("Input.dispatchTouchEvent", { type, touchPoints });
  }
}

/** A pen on the drawing area: pressure is what no other input has. */
function pen(person: Person, way: readonly (readonly [x: number, y: number, pressure: number])[]): Promise<void> {
  return person.page.evaluate((points) => {
    const area = document.querySelector("[role=application]");
    const tell = (name: string, [x, y, pressure]: readonly [number, number, number]): void => {
      const where = { clientX: x, clientY: y, pressure, pointerId: 1, pointerType: "pen", isPrimary: true };
      area?.dispatchEvent(new PointerEvent(name, { ...where, bubbles: true, cancelable: true, button: 0 }));
    };
    const [first, last] = [points[0], points.at(-1)];
    if (!first || !last) return;
    tell("pointerdown", first);
    for (const point of points) tell("pointermove", point);
    tell("pointerup", last);
  }, way);
}

describe("fingers and a pen", () => {
  const room = new Room();
  beforeAll(() => room.open());
  afterAll(() => room.close());
  beforeEach(() => room.begin());
  afterEach(() => room.end());

  test("one finger draws, two zoom about their middle and leave no ink, three gestures in a row", async () => {
    const tim = await room.come("Tim", { hasTouch: true, viewport: { width: 820, height: 1180 } });
    const fingers = await Fingers.of(tim);
    await fingers.down([300, 300]);
    for (let step = 1; step <= 8; step += 1) await fingers.move([300 + 20 * step, 300 + 10 * step]);
    await fingers.up();
    for (const person of [tim, room.ada]) await person.sees(1);

    const before = await tim.page.evaluate(() => window.__board?.camera());
    await fingers.down([400, 500]);
    await fingers.move([402, 500]);
    await fingers.down([400, 500], [400, 600]);
    for (let step = 1; step <= 5; step += 1) await fingers.move([400, 500 - 10 * step], [400, 600 + 10 * step]);
    await fingers.up();
    await tim.sees(1);
    const after = await tim.page.evaluate(() => window.__board?.camera());
    if (!before || !after) throw new Error("The page has a camera.");
    expect(after.zoom / before.zoom).toBeCloseTo(2, 1);
    // What lay in the middle of the two fingers still does.
    expect(after.x + 400 / after.zoom).toBeCloseTo(before.x + 400 / before.zoom, 0);
    expect(after.y + 550 / after.zoom).toBeCloseTo(before.y + 550 / before.zoom, 0);

    await fingers.down([500, 700]);
    for (let step = 1; step <= 8; step += 1) await fingers.move([500 + 10 * step, 700]);
    await fingers.up();
    for (const person of [tim, room.ada]) await person.sees(2);
  });

  test("a pen's pressure is kept, and a resting palm does not draw after it", async () => {
    const { ada, bob } = room;
    const tim = await room.come("Tim", { hasTouch: true });
    await pen(tim, [
      [300, 300, 0.2],
      [340, 310, 0.5],
      [380, 330, 0.9],
      [420, 340, 1],
    ]);
    for (const person of [tim, ada, bob]) await person.sees(1);
    // Format 1: each point has a byte of pressure.
    expect((await bob.shapes())[0]?.points?.[0]).toBe(1);
    const fingers = await Fingers.of(tim);
    const before = await tim.page.evaluate(() => window.__board?.camera().x);
    await fingers.down([300, 500]);
    for (let step = 1; step <= 6; step += 1) await fingers.move([300 + 20 * step, 500]);
    await fingers.up();
    await tim.page.waitForFunction((x) => window.__board?.camera().x !== x, before);
    await tim.sees(1);
  });
});
