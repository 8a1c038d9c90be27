import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import getPort, { portNumbers } from 'get-port'
import { afterEach, describe, expect, test } from 'vitest'
import { killProcessesOf, launch, processesOf } from './start-process.ts'

type Start = ReturnType<typeof launch>

const sample = 'Northwind Traders'
const sampleSteps = [
  'Validate the account',
  'Create the organization',
  'Create the user',
  'Start billing',
  'Provision licenses',
  'Invite the user',
]
const parts = ['postgres -D', 'server start-dev', 'mailbox-process', 'tenantry.ts serve']

const dataDirs: string[] = []
afterEach(async () => {
  for (const dataDir of dataDirs.splice(0)) {
    killProcessesOf(dataDir)
    await rm(dataDir, { recursive: true, force: true, maxRetries: 10 })
  }
})

async function newDataDir(): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tenantry-start-'))
  dataDirs.push(dataDir)
  return dataDir
}

/** A free port that is not reserved for this process, unlike a port that the product chooses. */
const freePort = () => getPort({ port: portNumbers(20_000, 20_500) })

async function get(url: string, headers: Record<string, string> = {}): Promise<unknown> {
  const response = await fetch(url, { headers })
  expect({ url, status: response.status }).toEqual({ url, status: 200 })
  return response.headers.get('content-type')?.includes('json') ? response.json() : response.text()
}

function stepsDone({ output }: Start): string[] {
  return output
    .slice(output.indexOf(`Sample account: ${sample}`))
    .filter((line) => line.startsWith('  ✓ '))
    .map((line) => line.slice(4))
}

async function expectSampleOnce(start: Start, dataDir: string): Promise<void> {
  const api = start.fact('API')
  expect(await get(String(api).replace('/v1', '/health/ready'))).toMatchObject({ temporal: 'reachable' })
  const key = (await readFile(join(dataDir, 'api-key'), 'utf8')).trim()
  const authorized = { authorization: `Bearer ${key}` }
  expect(await get(`${api}/onboardings`, authorized)).toMatchObject({ items: [{ status: 'completed' }] })
  const found = await get(`${api}/organizations?q=Northwind`, authorized)
  expect(found).toMatchObject({ items: [{ name: sample }] })
  expect(await get(`${start.fact('Inbox')}/api/email`)).toHaveLength(1)
}

async function expectStopped(start: Start, dataDir: string): Promise<void> {
  expect(await start.ended).toBe(0)
  expect(start.errors).toEqual([])
  expect(processesOf(dataDir)).toEqual([])
}

test('a start adds its sample account with its progress, works beside another start, and keeps its data', async () => {
  const [dataDir, otherDataDir] = [await newDataDir(), await newDataDir()]
  const [first, other] = [launch(dataDir), launch(otherDataDir)]
  await Promise.all([first.ready, other.ready])
  expect(stepsDone(first)).toEqual(sampleSteps)
  for (const page of ['API reference', 'Temporal Web UI', 'Inbox']) {
    await get(String(first.fact(page)), { accept: 'text/html' })
  }
  await expectSampleOnce(first, dataDir)
  for (const part of parts) {
    const command: string = expect.stringContaining(part)
    expect(processesOf(dataDir)).toContainEqual(expect.objectContaining({ command }))
  }
  for (const title of ['API', 'Temporal Web UI', 'Inbox']) {
    expect(other.fact(title)).not.toBe(first.fact(title))
  }
  const doctor = launch(dataDir, {}, ['doctor'])
  expect(await doctor.ended).toBe(0)
  expect(doctor.output.filter((line) => !line.startsWith('  ✓ '))).toEqual([])
  expect(doctor.output).toContain('  ✓ Notifier "smtp"')
  first.terminate()
  await expectStopped(first, dataDir)
  other.terminate()
  await expectStopped(other, otherDataDir)

  const port = await freePort()
  const next = launch(dataDir, { PORT: String(port) })
  await next.ready
  expect(next.fact('API')).toBe(`http://localhost:${port}/v1`)
  expect(next.output).toContainEqual(expect.stringContaining('exists since an earlier start'))
  await expectSampleOnce(next, dataDir)
  next.pressCtrlC()
  await expectStopped(next, dataDir)
})

describe('a start that fails says why in one line, and leaves no process', () => {
  test('if the port is in use', async () => {
    const server = createServer().listen(await freePort(), '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const line = await failedStart({ PORT: String(port) })
    server.close()
    expect(line).toContain(
      `Port ${port} is already in use. Stop the program that uses it, or choose another port with PORT.`,
    )
  })

  test('if the database cannot be reached, without its password', async () => {
    const host = `127.0.0.1:${await freePort()}`
    const line = await failedStart({ DATABASE_URL: `postgres://someone:secret-word@${host}/none` })
    expect(line).toContain(`DATABASE_URL (${host}/none) cannot be used`)
    expect(line).toContain('Start the database or correct DATABASE_URL')
  })

  test('if Temporal cannot be reached', async () => {
    const address = `127.0.0.1:${await freePort()}`
    const line = await failedStart({ TEMPORAL_ADDRESS: address })
    expect(line).toContain(`Temporal at ${address} cannot be reached`)
    expect(line).toContain('Start Temporal or correct TEMPORAL_ADDRESS')
  })

  test('if the mail server cannot be reached, without its password', async () => {
    const host = `127.0.0.1:${await freePort()}`
    const line = await failedStart({ SMTP_URL: `smtp://someone:secret-word@${host}` })
    expect(line).toContain(`The mail server of SMTP_URL (${host}) cannot be used`)
    expect(line).toContain('Start the mail server or correct SMTP_URL')
  })
})

describe('a configuration', () => {
  const unsound = ['--config', 'test/cli/unsound.config.ts']

  test('with faulty plug-ins stops a start, with a line for each fault', async () => {
    const dataDir = await newDataDir()
    const start = launch(dataDir, {}, ['start', ...unsound])
    expect(await start.ended).toBe(1)
    expect(processesOf(dataDir)).toEqual([])
    expect(start.errors).toHaveLength(10)
    expect(start.errors[0]).toBe(
      '  ✗ The plug-ins "alpha" and "beta" bring the step "first" twice. Remove one of them.',
    )
  })

  test.each(['serve', 'worker', 'api'])(
    'with faulty plug-ins stops the command %s as well',
    async (command) => {
      const variables = {
        DATABASE_URL: 'postgres://127.0.0.1:9/none',
        SMTP_URL: 'smtp://127.0.0.1:9',
        AUTH_SECRET: 'a-secret-of-more-than-thirty-two-characters',
      }
      const process = launch(await newDataDir(), variables, [command, ...unsound])
      expect(await process.ended).toBe(1)
      expect(process.errors).toHaveLength(10)
      expect(process.errors).toContainEqual(
        expect.stringContaining('✗ Steps depend on each other in a cycle: chicken → egg → chicken.'),
      )
    },
  )

  test('with a plug-in of a wrong shape stops a worker, with a line for each wrong member', async () => {
    const variables = {
      DATABASE_URL: 'postgres://127.0.0.1:9/none',
      SMTP_URL: 'smtp://127.0.0.1:9',
      AUTH_SECRET: 'a-secret-of-more-than-thirty-two-characters',
    }
    const misshapen = ['worker', '--config', 'test/cli/misshapen.config.ts']
    const process = launch(await newDataDir(), variables, misshapen)
    expect(await process.ended).toBe(1)
    expect(process.errors[0]).toBe(
      '✗ The step "untitled" of the plug-in "steps" has no `title`. Give it a few words in the imperative, which people see.',
    )
    expect(process.errors.filter((line) => !line.startsWith('✗ '))).toEqual([])
  })

  test('with faulty plug-ins does not keep the doctor from checking the servers', async () => {
    const doctor = launch(await newDataDir(), { TEMPORAL_ADDRESS: '127.0.0.1:9' }, ['doctor', ...unsound])
    expect(await doctor.ended).toBe(1)
    expect(doctor.output.filter((line) => line.startsWith('  ✗ Plug-ins'))).toHaveLength(10)
    expect(doctor.output).toContainEqual(expect.stringContaining('✗ Database: No database is set.'))
  })

  test('with faulty billing providers starts with a warning, and accounts are added', async () => {
    const dataDir = await newDataDir()
    const start = launch(dataDir, {}, ['start', '--config', 'test/cli/providers.config.ts'])
    await start.ready
    expect(stepsDone(start)).toEqual(sampleSteps)
    const warning = 'Billing adapter "refused": The provider refuses the key. Correct PROVIDER_KEY.'
    await expect.poll(() => start.output).toContain(`  · ${warning}`)
    expect(await readFile(join(dataDir, 'serve.log'), 'utf8')).toContain('The provider refuses the key.')
    expect(start.output.join()).not.toContain('secret-word')
    start.terminate()
    await expectStopped(start, dataDir)
  })
})

/** Runs a start that fails. @returns the one line of its standard error. */
async function failedStart(variables: Record<string, string>): Promise<string | undefined> {
  const dataDir = await newDataDir()
  const start = launch(dataDir, variables)
  expect(await start.ended).toBe(1)
  expect(processesOf(dataDir)).toEqual([])
  expect(start.output.join('\n')).not.toContain('secret-word')
  expect(start.errors.join('\n')).not.toContain('secret-word')
  expect(start.errors).toHaveLength(1)
  return start.errors[0]
}
