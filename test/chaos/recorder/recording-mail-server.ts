import { createServer, type Server, type Socket } from 'node:net'
import type { MailFault } from '../scenario/call-faults.ts'
import type { Books } from './recorder-messages.ts'
import type { FaultInjector } from './fault-injector.ts'

/**
 * A mail server that records messages and injects faults. It speaks SMTP itself, because mail server libraries cannot break
 * the protocol.
 * @param messages receives each message.
 */
export function createMailServer(faultInjector: FaultInjector, messages: Books['messages']): Server {
  return createServer((socket) => {
    socket.on('error', () => undefined)
    converse(socket, faultInjector, (message) => messages.push(message))
  })
}

const endOfLine = '\r\n'
const endOfMessage = '\r\n.\r\n'

const recipientAnswers: Partial<Record<MailFault, string>> = {
  refused: '550 No such mailbox',
  deferred: '451 Try again later',
  garbage: 'what?',
}

function converse(
  socket: Socket,
  faultInjector: FaultInjector,
  record: (message: Books['messages'][number]) => void,
): void {
  let received = ''
  let to = ''
  let fault: MailFault | undefined
  let inMessage = false
  const answer = (line: string) => void socket.write(`${line}${endOfLine}`)

  const onCommand = (line: string): void => {
    const recipient = /^RCPT TO:<([^>]*)>/i.exec(line)?.[1]
    if (recipient !== undefined) {
      to = recipient.toLowerCase()
      fault = faultInjector.takeMailFault(to)
      if (fault === 'dropped before') socket.destroy()
      else answer(recipientAnswers[fault ?? 'held'] ?? '250 ok')
    } else if (/^DATA/i.test(line)) {
      inMessage = true
      answer('354 go on')
    } else if (/^QUIT/i.test(line)) socket.end(`221 bye${endOfLine}`)
    else answer('250 ok')
  }
  const onMessage = (text: string): void => {
    inMessage = false
    record({ to, messageId: /^Message-ID:\s*<([^>]+)>/im.exec(text)?.[1] ?? '' })
    if (fault === 'answer lost') socket.destroy()
    else if (fault === 'held') {
      const end = faultInjector.hold({ email: to }, () => answer('250 kept'))
      socket.once('close', end)
    } else if (fault !== 'delayed') answer('250 kept')
  }

  answer('220 recorder')
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    received += chunk
    for (;;) {
      const end = inMessage ? endOfMessage : endOfLine
      const length = received.indexOf(end)
      if (length < 0) return
      const text = received.slice(0, length)
      received = received.slice(length + end.length)
      if (inMessage) onMessage(text)
      else onCommand(text)
    }
  })
}
