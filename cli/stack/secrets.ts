import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** A value in a file that only its owner may read. The first call generates it. */
export function keptSecret(
  path: string,
  generate: () => string = randomSecret,
): { value: string; isNew: boolean } {
  const kept = read(path)
  if (kept !== '') return { value: kept, isNew: false }
  mkdirSync(dirname(path), { recursive: true })
  const value = generate()
  writeFileSync(path, `${value}\n`, { mode: 0o600 })
  return { value, isNew: true }
}

function randomSecret(): string {
  return randomBytes(32).toString('hex')
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return ''
  }
}
