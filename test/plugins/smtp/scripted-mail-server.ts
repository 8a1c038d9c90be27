import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'

type Moment = 'greeting' | 'EHLO' | 'AUTH' | 'MAIL' | 'RCPT' | 'DATA' | 'message'

/** A reply such as `250 ok`. `drop` closes the connection, and `hang` sends no reply. */
type Behaviour = `${number} ${string}` | 'drop' | 'hang'

export type Script = Partial<Record<Moment, Behaviour>>

const successes: Record<Moment, Behaviour> = {
  greeting: '220 ready',
  EHLO: '250 hello',
  AUTH: '235 welcome',
  MAIL: '250 ok',
  RCPT: '250 ok',
  DATA: '354 go on',
  message: '250 kept',
}

export interface ScriptedMailServer {
  /** The address without the scheme, such as `127.0.0.1:2525`. */
  host: string
  /** The replies to further commands. A command without an entry succeeds. */
  script: Script
  /** The replies to only the next command of each kind, in place of `script`. */
  next: Script
  /** The messages received in full, whatever the reply was. */
  messages: string[]
  /** The commands received. */
  commands: string[]
  stop(): Promise<void>
}

/** Starts a mail server that fails at a chosen command, which a library for mail servers can not do. */
export async function startScriptedMailServer(): Promise<ScriptedMailServer> {
  const sockets = new Set<Socket>()
  const scripted: Omit<ScriptedMailServer, 'host' | 'stop'> = {
    script: {},
    next: {},
    messages: [],
    commands: [],
  }
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket))
    converse(socket, scripted)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return Object.assign(scripted, {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      for (const socket of sockets) socket.destroy()
      if (!server.listening) return
      server.close()
      await once(server, 'close')
    },
  })
}

function converse(socket: Socket, scripted: Omit<ScriptedMailServer, 'host' | 'stop'>): void {
  let received = ''
  let isMessage = false
  const answer = (moment: Moment) => {
    const behaviour = scripted.next[moment] ?? scripted.script[moment] ?? successes[moment]
    delete scripted.next[moment]
    if (behaviour === 'drop') socket.destroy()
    else if (behaviour !== 'hang') socket.write(`${behaviour}\r\n`)
    isMessage = moment === 'DATA' && behaviour.startsWith('354')
  }
  answer('greeting')
  socket.on('data', (chunk) => {
    received += chunk.toString()
    for (;;) {
      const end = isMessage ? '\r\n.\r\n' : '\r\n'
      const length = received.indexOf(end)
      if (length < 0) return
      const text = received.slice(0, length)
      received = received.slice(length + end.length)
      if (isMessage) {
        scripted.messages.push(text)
        answer('message')
        continue
      }
      scripted.commands.push(text)
      const command = text.slice(0, 4).toUpperCase()
      if (command in successes) answer(command as Moment)
      else socket.write(command === 'QUIT' ? '221 bye\r\n' : '250 ok\r\n')
    }
  })
}
