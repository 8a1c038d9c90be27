/** One organization and everything below it, as the path that all their paths start with. */
export type Subtree = string

/** The first path after a subtree. Paths are compared byte by byte, and `0` is the character after `/`. */
export function subtreeEnd(path: Subtree): string {
  return `${path.slice(0, -1)}0`
}

/** The ids of the organizations in a path, from the platform to the organization itself. */
export function idsOnPath(path: string): string[] {
  return path.split('/').slice(0, -1)
}
