/** The players' terminal: draws the board again and again, and makes lines of what is typed. */
import type { JournalWriter } from "../../core/contracts/journal.ts";
import type { Plan } from "../../core/contracts/plan.ts";
import { host } from "../../core/host.ts";
import { readinessText } from "../../infra/critical-path.ts";
import type { ProvisionStep } from "../../infra/provision.ts";
import type { RunConsole } from "../run/console.ts";
import { Board } from "./board.ts";
import { keeperOf, LineQueue } from "./desks.ts";
import { charactersOf, drawBoard } from "./draw.ts";
import type { Desk } from "./play.ts";

const DRAW_INTERVAL_MS = 250;
const ENTER_SCREEN = "\x1b[?1049h\x1b[?25l";
const LEAVE_SCREEN = "\x1b[?25h\x1b[?1049l";
const KEY = {
  interrupt: "\x03",
  escape: "\x1b",
  back: "\x7f",
  backspace: "\b",
  clear: "\x15",
} as const;
const PROMPT = "";
const CONTROL_LIMIT = 0x20;

export class Screen implements RunConsole, Desk {
  readonly #journal: JournalWriter;
  readonly #board: Board;
  readonly #queue = new LineQueue();
  readonly #keep: (line: string) => void;
  readonly #timer: Disposable;
  readonly #keys: Disposable;
  #prompt = PROMPT;
  #typed = "";
  #isOpen = true;

  constructor(plan: Plan, journal: JournalWriter, runDir: string) {
    this.#journal = journal;
    this.#board = new Board(plan);
    this.#keep = keeperOf(runDir);
    journal.onEvent((event) => {
      this.#board.follow(event);
    });
    host.err(ENTER_SCREEN);
    host.onExit(() => {
      this.close();
    });
    this.#keys = host.readKeys((keys) => {
      this.#press(keys);
    });
    this.#timer = host.every(DRAW_INTERVAL_MS, () => {
      this.#draw();
    });
    this.#draw();
  }

  provisioning(step: ProvisionStep): void {
    if (step.kind === "starting") return;
    if (step.kind === "complete") {
      this.say(readinessText(step.elapsedMs, step.critical));
      return;
    }
    // A service without processes of its own is there once it is set up.
    if (step.kind === "configured") this.#board.setUp(step.id);
    const tookMs = step.kind === "ready" ? step.instance.readyMs : step.elapsedMs;
    this.say(`${step.kind.padEnd(10)} ${step.id.padEnd(22)} ${(tookMs / 1000).toFixed(1)} s`);
  }

  next(stop: AbortSignal): Promise<string | undefined> {
    return this.#queue.next(stop);
  }

  async ask(question: string, stop: AbortSignal): Promise<string> {
    this.#prompt = question;
    try {
      return (await this.#queue.next(stop)) ?? "";
    } finally {
      this.#prompt = PROMPT;
    }
  }

  say(text: string): void {
    this.#board.say(text, this.#journal.nowMs());
  }

  keep(line: string): void {
    this.#keep(line);
  }

  /** The terminal is as it was; the last lines of the log stay readable in it. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#timer[Symbol.dispose]();
    this.#keys[Symbol.dispose]();
    this.#queue.end();
    host.err(`${LEAVE_SCREEN}${this.#board.log.join("\n")}\n`);
  }

  #press(text: string | undefined): void {
    if (text === undefined) {
      this.#queue.end();
      return;
    }
    // An escape sequence is an arrow or a function key: none of ours.
    if (text.length > 1 && text.startsWith(KEY.escape)) return;
    for (const key of text) this.#key(key);
    this.#draw();
  }

  #key(key: string): void {
    switch (key) {
      case KEY.interrupt:
        host.signal(host.pid, "SIGINT");
        break;
      case KEY.escape:
        // Behind a question it is no answer.
        if (this.#typed === "") this.#queue.push(this.#prompt === PROMPT ? "heal" : "");
        this.#typed = "";
        break;
      case "\r":
      case "\n":
        this.#queue.push(this.#typed);
        this.#typed = "";
        break;
      case KEY.back:
      case KEY.backspace:
        this.#typed = charactersOf(this.#typed).slice(0, -1).join("");
        break;
      case KEY.clear:
        this.#typed = "";
        break;
      default:
        if ((key.codePointAt(0) ?? 0) >= CONTROL_LIMIT) this.#typed += key;
    }
  }

  #draw(): void {
    if (!this.#isOpen) return;
    const { columns, rows } = host;
    const lines = drawBoard(this.#board, {
      columns,
      rows,
      nowMs: this.#journal.nowMs(),
      prompt: this.#prompt,
      typed: this.#typed,
      colors: host.env["NO_COLOR"] === undefined,
    });
    host.err(`\x1b[H${lines.map((line) => `${line}\x1b[K`).join("\r\n")}\x1b[J`);
  }
}
