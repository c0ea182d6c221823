"""The engine as an executable that an unmodified `ai2thor.controller.Controller` starts in Unity's place."""
