import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startNodeProcess } from '../processes/node-process.ts'
import { freePort } from '../ports.ts'
import type { ServerProcess } from '../processes/server-process.ts'

const loopback = '127.0.0.1'

export interface MailboxOptions {
  /** Mails are stored in a folder inside. */
  dataDir: string
  smtpPort?: number
  webPort?: number
  logFile?: string
  signal?: AbortSignal
}

export interface Mailbox extends ServerProcess {
  smtpUrl: string
  smtpPort: number
  /** The web inbox; its API is below `/api`, for example `/api/email`. */
  webUrl: string
  webPort: number
}

/** An SMTP server that delivers nothing and shows every mail in a web inbox. @throws StartFailure naming its log. */
export async function startMailbox(options: MailboxOptions): Promise<Mailbox> {
  const folder = join(options.dataDir, 'mail')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const smtpPort = options.smtpPort ?? (await freePort())
  const webPort = options.webPort ?? (await freePort())
  const mailbox = await startNodeProcess({
    title: 'The mailbox',
    script: fileURLToPath(new URL('mailbox-process.ts', import.meta.url)),
    args: [String(smtpPort), String(webPort), folder],
    logFile: options.logFile ?? join(options.dataDir, 'mailbox.log'),
    pidFile: join(options.dataDir, 'mailbox.pid'),
    readyTimeoutMs: 30_000,
    stopGraceMs: 3_000,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  })
  const smtpUrl = `smtp://${loopback}:${smtpPort}`
  return { ...mailbox, smtpUrl, smtpPort, webUrl: `http://${loopback}:${webPort}`, webPort }
}
