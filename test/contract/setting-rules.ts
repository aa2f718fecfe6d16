import { describe, expect, test } from "vitest";
import type { Subject } from "./document-store.ts";

const bytes = (...values: number[]) => new Uint8Array(values);

export function registerSettingRules(subject: Subject): void {
  describe("settings", () => {
    test("a setting that nobody put is null, and one that was put comes back, also after reopening", async () => {
      expect(await subject.store.setting("access")).toBeNull();
      expect(await subject.store.changeSetting("access", null, bytes(1, 2))).toBe("changed");
      expect(await subject.store.setting("access")).toEqual(bytes(1, 2));
      const store = await subject.reopen();
      expect(await store.setting("access")).toEqual(bytes(1, 2));
      expect(await store.setting("acces")).toBeNull();
    });

    test("it changes only from what is stored now", async () => {
      expect(await subject.store.changeSetting("access", bytes(1), bytes(2))).toBe("conflict");
      expect(await subject.store.setting("access")).toBeNull();
      await subject.store.changeSetting("access", null, bytes(1));
      expect(await subject.store.changeSetting("access", null, bytes(2))).toBe("conflict");
      expect(await subject.store.changeSetting("access", bytes(3), bytes(2))).toBe("conflict");
      expect(await subject.store.setting("access")).toEqual(bytes(1));
      expect(await subject.store.changeSetting("access", bytes(1), bytes())).toBe("changed");
      expect(await subject.store.changeSetting("access", bytes(), bytes(4))).toBe("changed");
      expect(await subject.store.setting("access")).toEqual(bytes(4));
    });

    test("of many who change it at once from the same value one wins", async () => {
      const values = Array.from({ length: 20 }, (_, index) => bytes(index));
      const answers = await Promise.all(values.map((value) => subject.store.changeSetting("__proto__", null, value)));
      expect(answers.filter((answer) => answer === "changed")).toHaveLength(1);
      const winner = values[answers.indexOf("changed")];
      expect(await subject.store.setting("__proto__")).toEqual(winner);
    });

    test("a setting, a secret and a document of one name have nothing to do with each other, and names are any text", async () => {
      const names = ["same", "../same", "same\u0000", "s\u0430me", "x".repeat(10_000)];
      for (const [index, name] of names.entries()) await subject.store.changeSetting(name, null, bytes(index));
      await subject.store.secret("same", () => bytes(99));
      for (const [index, name] of names.entries()) expect(await subject.store.setting(name)).toEqual(bytes(index));
      expect(await subject.store.secret("same", () => bytes(98))).toEqual(bytes(99));
    });

    test("what is given to it may be changed afterwards", async () => {
      const value = bytes(1, 2, 3);
      await subject.store.changeSetting("own", null, value);
      value[0] = 9;
      expect(await subject.store.setting("own")).toEqual(bytes(1, 2, 3));
    });
  });
}
