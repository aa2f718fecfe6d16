const hubName = /^[A-Za-z][A-Za-z0-9_`,.[\]]{0,127}$/;
/** In the messages of clients; a hub may allow less. */
export const groupNameCharsMax = 1_024;
const eventName = /^[A-Za-z][A-Za-z0-9_.-]{0,127}$/;

export function isHubName(name: string): boolean {
  return hubName.test(name);
}

export function isEventName(name: string): boolean {
  return eventName.test(name);
}

/** Groups are case-sensitive; anything but blank is a name. */
export function isGroupName(name: string, charsMax: number): boolean {
  return name.length <= charsMax && name.trim() !== "";
}
