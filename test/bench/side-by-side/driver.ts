/** The load: raw clients in a process of their own. */
import { answerCalls } from "../processes.ts";
import { Client } from "../service/client.ts";
import { RawRoom } from "./raw-room.ts";
import { addressOf, enter, type Language, type Place } from "./speech.ts";

export interface Crowd {
  readonly language: Language;
  readonly port: number;
  readonly accessKey: string;
  readonly rooms: number;
  readonly members: number;
}

const crowds = new Map<string, readonly RawRoom[]>();
const idle: Client[] = [];

const calls = {
  open: async ({ name, crowd }: { readonly name: string; readonly crowd: Crowd }): Promise<void> => {
    const rooms: RawRoom[] = [];
    for (const place of placesOf(name, crowd)) rooms.push(await RawRoom.open(place, crowd.members));
    crowds.set(name, rooms);
  },
  /** All rooms at once. Edits that somebody else got. */
  type: async ({ name, ms }: { readonly name: string; readonly ms: number }): Promise<number> => {
    const typed = await Promise.all((crowds.get(name) ?? []).map((room) => room.type(ms)));
    return typed.reduce((sum, edits) => sum + edits, 0);
  },
  close: async (name: string): Promise<void> => {
    await Promise.all((crowds.get(name) ?? []).map((room) => room.close()));
    crowds.delete(name);
  },
  /** Connections that are in their room and say nothing. */
  idle: async ({ name, crowd }: { readonly name: string; readonly crowd: Crowd }): Promise<void> => {
    for (const place of placesOf(name, crowd)) {
      for (let member = 0; member < crowd.members; member++) {
        const client = await Client.open(addressOf(place));
        await enter(client, place);
        idle.push(client);
      }
    }
  },
  cpuSeconds: (): number => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  },
};

export type DriverCalls = typeof calls;

answerCalls(calls);

function placesOf(name: string, { rooms, ...place }: Crowd): readonly Place[] {
  return Array.from({ length: rooms }, (_, number) => ({ ...place, room: `${name}-${number}` }));
}
