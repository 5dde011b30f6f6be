/** Begins the `secret` of a {@link KeyRecord} whose key was rendered from templates. */
export const RENDERED_ORIGIN = 'template of '

/** Whether a key with this origin was rendered. The name of such a key may contain a value. */
export function isRendered(origin: string): boolean {
  return origin.startsWith(RENDERED_ORIGIN)
}
