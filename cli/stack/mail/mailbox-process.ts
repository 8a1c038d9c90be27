import { MailDev } from 'maildev'
import { stopWithParent } from '../processes/stop-with-parent.ts'

/** Run as a process: `mailbox-process.ts <smtp port> <web port> <folder for the mails>`. */
const [smtpPort, webPort, mailDirectory] = process.argv.slice(2)
if (mailDirectory === undefined) throw new Error('Give two ports and a folder')

const loopback = '127.0.0.1'
const mailbox = new MailDev({
  smtp: Number(smtpPort),
  ip: loopback,
  web: Number(webPort),
  webIp: loopback,
  mailDirectory,
  maxEmails: 1_000,
  silent: true,
})
await mailbox.start()
stopWithParent(() => mailbox.stop())
process.send?.({ type: 'ready' })
