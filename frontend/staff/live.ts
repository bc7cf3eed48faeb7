// Parts of a page that follow what happens elsewhere. One socket (body[data-live="/desk/live"]) tells topics that have
// news, as {"topics": ["conversation:web-1"], ...}; every element with data-live-topic="conversation:web-1" is then
// loaded anew by htmx (hx-get, hx-trigger="live"). What else a frame holds goes to whoever listens to "hotline:news".
import type htmxModule from "htmx.org";

const FIRST_WAIT = 1000;
const LONGEST_WAIT = 15000;
const LOGGED_OUT = 4401;

type News = { topics?: string[]; [name: string]: unknown };

export function followLive(htmx: typeof htmxModule): void {
  const path = document.body.dataset["live"];
  if (!path) return;
  let wait = FIRST_WAIT;
  let socket: WebSocket | undefined;

  function refresh(topics?: string[]): void {
    for (const element of document.querySelectorAll<HTMLElement>("[data-live-topic]")) {
      if (!topics || topics.includes(element.dataset["liveTopic"] ?? "")) htmx.trigger(element, "live", {});
    }
  }

  function connect(): void {
    const address = new URL(path as string, location.href);
    address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    socket = new WebSocket(address);
    socket.addEventListener("open", () => {
      document.body.dataset["connected"] = "yes";
      if (wait !== FIRST_WAIT) refresh(); // something may have happened meanwhile
      wait = FIRST_WAIT;
      document.dispatchEvent(new CustomEvent("hotline:connected"));
    });
    socket.addEventListener("message", ({ data }) => {
      const news = JSON.parse(data as string) as News;
      document.dispatchEvent(new CustomEvent("hotline:news", { detail: news }));
      if (news.topics) refresh(news.topics);
    });
    socket.addEventListener("close", ({ code }) => {
      if (code === LOGGED_OUT) return location.reload(); // which asks who is there
      document.body.dataset["connected"] = "no";
      document.dispatchEvent(new CustomEvent("hotline:disconnected"));
      setTimeout(connect, wait * (0.5 + Math.random() / 2));
      wait = Math.min(wait * 2, LONGEST_WAIT);
    });
  }

  document.addEventListener("hotline:tell", (event) => {
    if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify((event as CustomEvent).detail));
  });
  connect();
}
