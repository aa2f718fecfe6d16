import type { Connection } from "./connection.ts";
import type { Filter } from "./filter/filter.ts";
import type { Subject } from "./filter/subject.ts";
import type { Hub } from "./hub.ts";
import { firstAfter, type Member } from "./member-page.ts";
import { Message } from "./message.ts";
import type { Payload } from "./ports.ts";
import type { Permission } from "./roles.ts";

/** Which of the connections an operation reaches. Default: all. */
export interface Selection {
  /** Ids of connections to leave out. */
  readonly excluded?: readonly string[];
  /** From `parseFilter`: asked once per connection. */
  readonly filter?: Filter;
}

export interface Sending extends Selection {
  /** Default 0: the message does not expire. */
  readonly ttlSeconds?: number;
}

export interface Closing extends Selection {
  readonly reason?: string;
}

/**
 * What an application server may do with a hub, without roles. Names are taken as they are: the HTTP side has checked
 * them. Operations reach detached reliable connections too.
 */
export class ServerOperations {
  readonly #hub: Hub;

  constructor(hub: Hub) {
    this.#hub = hub;
  }

  sendToAll(payload: Payload, sending: Sending = {}): void {
    this.#deliver([...this.#hub.connections.values()], this.#fromServer(payload, sending), sending);
  }

  sendToGroup(group: string, payload: Payload, sending: Sending = {}): void {
    const source = { from: "group", group, fromUserId: undefined } as const;
    const message = new Message(source, payload, this.#hub.expiry(sending.ttlSeconds), sending.ttlSeconds);
    if (selects(sending)) this.#deliver(this.#members(group), message, sending);
    else this.#hub.groups.deliver(group, message);
  }

  sendToUser(userId: string, payload: Payload, sending: Sending = {}): void {
    this.#deliver(this.#hub.users.find(userId), this.#fromServer(payload, sending), sending);
  }

  /** A missing connection is no error: it may have left a moment ago. */
  sendToConnection(connectionId: string, payload: Payload, sending: Sending = {}): void {
    const connection = this.#hub.connections.get(connectionId);
    if (connection !== undefined) this.#deliver([connection], this.#fromServer(payload, sending), sending);
  }

  closeAll(closing: Closing = {}): void {
    this.#close([...this.#hub.connections.values()], closing);
  }

  closeGroup(group: string, closing: Closing = {}): void {
    this.#close(this.#members(group), closing);
  }

  closeUser(userId: string, closing: Closing = {}): void {
    this.#close(this.#hub.users.find(userId), closing);
  }

  closeConnection(connectionId: string, reason?: string): void {
    const connection = this.#hub.connections.get(connectionId);
    if (connection !== undefined) this.#close([connection], reason === undefined ? {} : { reason });
  }

  addToGroup(connectionId: string, group: string): "added" | "missing" {
    const connection = this.#hub.connections.get(connectionId);
    if (connection === undefined) return "missing";
    this.#hub.groups.join(connection, group);
    return "added";
  }

  removeFromGroup(connectionId: string, group: string): void {
    const connection = this.#hub.connections.get(connectionId);
    if (connection !== undefined) this.#hub.groups.leave(connection, group);
  }

  removeFromAllGroups(connectionId: string): void {
    const connection = this.#hub.connections.get(connectionId);
    if (connection !== undefined) this.#hub.groups.leaveAll(connection);
  }

  addUserToGroup(userId: string, group: string): "added" | "missing" {
    const connections = this.#hub.users.find(userId);
    for (const connection of connections) this.#hub.groups.join(connection, group);
    return connections.length === 0 ? "missing" : "added";
  }

  removeUserFromGroup(userId: string, group: string): void {
    for (const connection of this.#hub.users.find(userId)) this.#hub.groups.leave(connection, group);
  }

  removeUserFromAllGroups(userId: string): void {
    for (const connection of this.#hub.users.find(userId)) this.#hub.groups.leaveAll(connection);
  }

  addAllToGroups(groups: readonly string[], selection: Selection = {}): void {
    for (const connection of this.#selected([...this.#hub.connections.values()], selection)) {
      for (const group of groups) this.#hub.groups.join(connection, group);
    }
  }

  removeAllFromGroups(groups: readonly string[], selection: Selection = {}): void {
    for (const connection of this.#selected([...this.#hub.connections.values()], selection)) {
      for (const group of groups) this.#hub.groups.leave(connection, group);
    }
  }

  /** Holds at once and survives a recovery. */
  grant(connectionId: string, permission: Permission, group: string): "granted" | "full" | "missing" {
    return this.#hub.connections.get(connectionId)?.identity.permissions.grant(permission, group) ?? "missing";
  }

  /** Does not remove the connection from the group. Of a role for all groups, the others stay. */
  revoke(connectionId: string, permission: Permission, group: string): "revoked" | "full" | "missing" {
    return this.#hub.connections.get(connectionId)?.identity.permissions.revoke(permission, group) ?? "missing";
  }

  permits(connectionId: string, permission: Permission, group: string): boolean {
    return this.#hub.connections.get(connectionId)?.identity.permissions.allows(permission, group) ?? false;
  }

  hasConnection(connectionId: string): boolean {
    return this.#hub.connections.has(connectionId);
  }

  hasGroup(group: string): boolean {
    return this.#hub.groups.find(group) !== undefined;
  }

  hasUser(userId: string): boolean {
    return this.#hub.users.find(userId).length > 0;
  }

  /** Members in the order of their connection ids: by default all, else the first `count` ids after `after`. */
  groupMembers(group: string, page: { readonly after?: string; readonly count?: number } = {}): readonly Member[] {
    const members = this.#members(group);
    const ids = firstAfter(
      members.map(({ id }) => id),
      page.after ?? "",
      page.count ?? members.length,
    );
    return ids.map((connectionId) => {
      const userId = this.#hub.connections.get(connectionId)?.identity.userId;
      return userId === undefined ? { connectionId } : { connectionId, userId };
    });
  }

  /** Closing changes the list of members: work on a copy. */
  #members(group: string): readonly Connection[] {
    return [...(this.#hub.groups.find(group)?.members ?? [])];
  }

  #fromServer(payload: Payload, { ttlSeconds }: Sending): Message {
    return new Message({ from: "server" }, payload, this.#hub.expiry(ttlSeconds), ttlSeconds);
  }

  #deliver(connections: readonly Connection[], message: Message, selection: Selection): void {
    for (const connection of this.#selected(connections, selection)) connection.deliver(message);
  }

  #close(connections: readonly Connection[], closing: Closing): void {
    const text = `Application server closed the connection. Reason: ${closing.reason ?? ""}`;
    for (const connection of this.#selected(connections, closing)) this.#hub.close(connection, text);
  }

  #selected(connections: readonly Connection[], selection: Selection): readonly Connection[] {
    if (!selects(selection)) return connections;
    const { excluded, filter } = selection;
    const left = new Set(excluded);
    return connections.filter(
      (connection) => !left.has(connection.id) && (filter === undefined || filter(this.#subject(connection))),
    );
  }

  #subject({ identity, memberships }: Connection): Subject {
    const has = (name: string) => {
      const group = this.#hub.groups.find(name);
      return group !== undefined && memberships.has(group);
    };
    return {
      connectionId: identity.id,
      userId: identity.userId,
      protocol: identity.subprotocol,
      groups: { size: memberships.size, has },
    };
  }
}

/** Whether not everybody is meant. */
function selects({ excluded = [], filter }: Selection): boolean {
  return excluded.length > 0 || filter !== undefined;
}
