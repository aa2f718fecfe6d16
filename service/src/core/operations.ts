import type { Connection } from "./connection.ts";
import type { Hub } from "./hub.ts";
import { Message } from "./message.ts";
import type { Payload } from "./ports.ts";
import type { Permission } from "./roles.ts";

/** Connection ids that a send or a close leaves out. */
export interface Selection {
  readonly excluded?: readonly string[];
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

  sendToAll(payload: Payload, selection: Selection = {}): void {
    deliver([...this.#hub.connections.values()], new Message({ from: "server" }, payload), selection);
  }

  sendToGroup(group: string, payload: Payload, selection: Selection = {}): void {
    const message = new Message({ from: "group", group, fromUserId: undefined }, payload);
    deliver(this.#members(group), message, selection);
  }

  sendToUser(userId: string, payload: Payload): void {
    deliver(this.#hub.users.find(userId), new Message({ from: "server" }, payload), {});
  }

  /** A missing connection is no error: it may have left a moment ago. */
  sendToConnection(connectionId: string, payload: Payload): void {
    this.#hub.connections.get(connectionId)?.deliver(new Message({ from: "server" }, payload));
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

  addAllToGroups(groups: readonly string[]): void {
    for (const connection of this.#hub.connections.values()) {
      for (const group of groups) this.#hub.groups.join(connection, group);
    }
  }

  removeAllFromGroups(groups: readonly string[]): void {
    for (const connection of this.#hub.connections.values()) {
      for (const group of groups) this.#hub.groups.leave(connection, group);
    }
  }

  /** Holds at once and survives a recovery. */
  grant(connectionId: string, permission: Permission, group: string): "granted" | "full" | "missing" {
    return this.#hub.connections.get(connectionId)?.identity.permissions.grant(permission, group) ?? "missing";
  }

  /** Does not remove the connection from the group, and does not touch a role for all groups. */
  revoke(connectionId: string, permission: Permission, group: string): void {
    this.#hub.connections.get(connectionId)?.identity.permissions.revoke(permission, group);
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

  /** Members in the order of their connection ids. */
  groupMembers(group: string): readonly { readonly connectionId: string; readonly userId?: string }[] {
    return this.#members(group)
      .map(({ identity }) => ({
        connectionId: identity.id,
        ...(identity.userId === undefined ? {} : { userId: identity.userId }),
      }))
      .sort((a, b) => (a.connectionId < b.connectionId ? -1 : 1));
  }

  /** Closing changes the list of members: work on a copy. */
  #members(group: string): readonly Connection[] {
    return [...(this.#hub.groups.find(group)?.members ?? [])];
  }

  #close(connections: readonly Connection[], closing: Closing): void {
    const excluded = new Set(closing.excluded);
    const text = `Application server closed the connection. Reason: ${closing.reason ?? ""}`;
    for (const connection of connections) {
      if (!excluded.has(connection.id)) this.#hub.close(connection, text);
    }
  }
}

function deliver(connections: readonly Connection[], message: Message, selection: Selection): void {
  const excluded = new Set(selection.excluded);
  for (const connection of connections) {
    if (!excluded.has(connection.id)) connection.deliver(message);
  }
}
