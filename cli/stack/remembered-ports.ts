import { readFileSync, writeFileSync } from 'node:fs'
import { portNumbers } from 'get-port'
import { z } from 'zod'
import { firstFreePort, requireFreePort } from './ports.ts'

const schema = z.object({
  api: z.number(),
  postgres: z.number(),
  temporal: z.number(),
  temporalUi: z.number(),
  smtp: z.number(),
  inbox: z.number(),
})

export type Ports = z.infer<typeof schema>

const usual: Ports = { api: 3000, postgres: 5432, temporal: 7233, temporalUi: 8233, smtp: 1025, inbox: 1080 }

/**
 * Chooses a port for each server: the port of the last start if it is free, else the usual one, else the next free one.
 * Bookmarks keep working, and two checkouts run side by side.
 * @throws StartFailure when the port of PORT is taken.
 */
export async function choosePorts(file: string, askedFor: number | undefined): Promise<Ports> {
  const last = read(file)
  const choose = (name: keyof Ports) =>
    firstFreePort([
      ...(last === undefined ? [] : [last[name]]),
      ...portNumbers(usual[name], usual[name] + 200),
    ])
  const ports = {
    api: askedFor === undefined ? await choose('api') : await requireFreePort(askedFor),
    postgres: await choose('postgres'),
    temporal: await choose('temporal'),
    temporalUi: await choose('temporalUi'),
    smtp: await choose('smtp'),
    inbox: await choose('inbox'),
  }
  writeFileSync(file, `${JSON.stringify(ports)}\n`)
  return ports
}

function read(file: string): Ports | undefined {
  try {
    return schema.safeParse(JSON.parse(readFileSync(file, 'utf8'))).data
  } catch {
    return undefined
  }
}
