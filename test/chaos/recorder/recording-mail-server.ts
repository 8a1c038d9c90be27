import { createServer, type Server, type Socket } from 'node:net'
import type { MailTrouble } from '../scenario/troubles.ts'
import type { Books } from './recorder-messages.ts'
import type { TroubleMaker } from './trouble-maker.ts'

/**
 * A mail server that counts messages, and answers some as its trouble maker says. It is written by hand because libraries
 * for mail servers behave too well.
 */
export function createMailServer(troubleMaker: TroubleMaker, messages: Books['messages']): Server {
  return createServer((socket) => {
    socket.on('error', () => undefined)
    converse(socket, troubleMaker, (message) => messages.push(message))
  })
}

const endOfLine = '\r\n'
const endOfMessage = '\r\n.\r\n'

const whileAddressing: Partial<Record<MailTrouble, string>> = {
  refused: '550 No such mailbox',
  deferred: '451 Try again later',
  garbage: 'what?',
}

function converse(
  socket: Socket,
  troubleMaker: TroubleMaker,
  keep: (message: Books['messages'][number]) => void,
): void {
  let received = ''
  let to = ''
  let trouble: MailTrouble | undefined
  let isMessage = false
  const answer = (line: string) => void socket.write(`${line}${endOfLine}`)

  const onCommand = (line: string): void => {
    const recipient = /^RCPT TO:<([^>]*)>/i.exec(line)?.[1]
    if (recipient !== undefined) {
      to = recipient.toLowerCase()
      trouble = troubleMaker.ofMessage(to)
      if (trouble === 'dropped before') socket.destroy()
      else answer(whileAddressing[trouble ?? 'held'] ?? '250 ok')
    } else if (/^DATA/i.test(line)) {
      isMessage = true
      answer('354 go on')
    } else if (/^QUIT/i.test(line)) socket.end(`221 bye${endOfLine}`)
    else answer('250 ok')
  }
  const onMessage = (text: string): void => {
    isMessage = false
    keep({ to, messageId: /^Message-ID:\s*<([^>]+)>/im.exec(text)?.[1] ?? '' })
    if (trouble === 'answer lost') socket.destroy()
    else if (trouble === 'held') {
      const end = troubleMaker.hold({ email: to }, () => answer('250 kept'))
      socket.once('close', end)
    } else if (trouble !== 'delayed') answer('250 kept')
  }

  answer('220 recorder')
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    received += chunk
    for (;;) {
      const end = isMessage ? endOfMessage : endOfLine
      const length = received.indexOf(end)
      if (length < 0) return
      const text = received.slice(0, length)
      received = received.slice(length + end.length)
      if (isMessage) onMessage(text)
      else onCommand(text)
    }
  })
}
