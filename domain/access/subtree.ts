/** One organization and everything below it, as the path that all of them start with. */
export type Subtree = string

/** Where a subtree ends: paths are compared byte by byte, and `0` is the character after `/`. */
export function subtreeEnd(path: Subtree): string {
  return `${path.slice(0, -1)}0`
}

/** The ids on the way from the platform down to the organization, itself included. */
export function idsOnPath(path: string): string[] {
  return path.split('/').slice(0, -1)
}
