import { createRoot } from "react-dom/client";
import { Display } from "./Display";
import "./display.css";

const root = document.getElementById("root");
if (root) createRoot(root).render(<Display />);
