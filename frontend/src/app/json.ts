/** The JSON object in a message of a WebSocket; undefined for whatever else came. */
export function objectIn(data: unknown): object | undefined {
  if (typeof data !== 'string') return undefined;
  try {
    const value: unknown = JSON.parse(data);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
